package render

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// clean makes printable text of bytes that came from a packet. What is not
// printable is written as \xNN: control characters, invalid UTF-8, characters
// that reorder or hide text. A backslash that could be mistaken for such an
// escape is written as \x5c, so that the result can be read back.
func clean(s string) string {
	if isClean(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if printable(r, n) && !(r == '\\' && looksEscaped(s[i:])) {
			b.WriteString(s[i : i+n])
		} else {
			for _, c := range []byte(s[i : i+n]) {
				writeHex(&b, c)
			}
		}
		i += n
	}
	return b.String()
}

func isClean(s string) bool {
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if !printable(r, n) || r == '\\' && looksEscaped(s[i:]) {
			return false
		}
		i += n
	}
	return true
}

func writeHex(b *strings.Builder, c byte) {
	const digits = "0123456789abcdef"
	b.WriteString(`\x`)
	b.WriteByte(digits[c>>4])
	b.WriteByte(digits[c&15])
}

// looksEscaped reports whether s begins with what clean writes for a byte.
func looksEscaped(s string) bool {
	return len(s) >= 4 && s[1] == 'x' && isHex(s[2]) && isHex(s[3])
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// printable reports whether a character of n bytes may stand in the output.
// Format characters (bidirectional controls, zero width, tags) are not in
// unicode.IsPrint; letters that show nothing are.
func printable(r rune, n int) bool {
	if r == utf8.RuneError && n <= 1 {
		return false
	}
	switch r {
	case 0x034f, 0x115f, 0x1160, 0x17b4, 0x17b5, 0x2800, 0x3164, 0xffa0:
		return false
	}
	if r >= 0xfe00 && r <= 0xfe0f || r >= 0xe0100 && r <= 0xe01ef { // variation selectors
		return false
	}
	return unicode.IsPrint(r)
}

// quote cleans a string and puts it between quotation marks.
func quote(s string) string {
	return `"` + strings.ReplaceAll(clean(s), `"`, `\"`) + `"`
}

// shorten cuts a string to at most n bytes at a character's border and says
// how much is missing.
func shorten(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// hostLike reports whether a name needs no quotation marks.
func hostLike(s string) bool {
	if s == "" || len(s) > 253 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		case c == '.', c == '-', c == '_', c == '*' && i == 0:
		default:
			return false
		}
	}
	return true
}
