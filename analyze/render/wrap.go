package render

import (
	"strings"
	"unicode/utf8"
)

// columns is how many columns a string takes on a terminal. Colour sequences,
// which only this package writes, take none; East Asian wide characters two.
func columns(s string) int {
	n := 0
	for i := 0; i < len(s); {
		if s[i] == 0x1b {
			if end := strings.IndexByte(s[i:], 'm'); end >= 0 {
				i += end + 1
				continue
			}
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		n += runeColumns(r)
		i += size
	}
	return n
}

func runeColumns(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case r >= 0x300 && r <= 0x36f, r >= 0x1ab0 && r <= 0x1aff, r >= 0x20d0 && r <= 0x20ff:
		return 0 // combining marks
	case r >= 0x1100 && r <= 0x115f, r >= 0x2e80 && r <= 0xa4cf, r >= 0xac00 && r <= 0xd7a3, r >= 0xf900 && r <= 0xfaff,
		r >= 0xfe30 && r <= 0xfe6f, r >= 0xff00 && r <= 0xff60, r >= 0xffe0 && r <= 0xffe6, r >= 0x1f300 && r <= 0x1faff,
		r >= 0x20000 && r <= 0x3fffd:
		return 2
	}
	return 1
}

// wrap breaks a string into lines of at most width columns, at spaces, and
// within words only when a word alone is too long. There is at least one line.
func wrap(s string, width int) []string { return wrapFrom(s, width, width) }

// wrapFrom is wrap with another width for the first line.
func wrapFrom(s string, first, rest int) []string {
	width := max(first, 8)
	var lines []string
	line, used := "", 0
	flush := func() {
		if line != "" {
			lines = append(lines, line)
			width = max(rest, 8)
		}
		line, used = "", 0
	}
	for _, word := range strings.Fields(s) {
		n := columns(word)
		if used > 0 && used+1+n > width {
			flush()
		}
		for n > width {
			head, tail := splitWord(word, width)
			lines = append(lines, head)
			width = max(rest, 8)
			word, n = tail, columns(tail)
		}
		if used > 0 {
			line, used = line+" ", used+1
		}
		line, used = line+word, used+n
	}
	flush()
	if lines == nil {
		return []string{""}
	}
	return recolor(lines)
}

// recolor ends a colour at the end of a line and takes it up on the next one,
// as pagers do not carry it over.
func recolor(lines []string) []string {
	open := ""
	for i, l := range lines {
		at := strings.LastIndex(l, "\x1b[")
		next := open
		if at >= 0 {
			if next = l[at : at+strings.IndexByte(l[at:], 'm')+1]; next == "\x1b[0m" {
				next = ""
			}
		}
		lines[i] = open + l
		if next != "" {
			lines[i] += "\x1b[0m"
		}
		open = next
	}
	return lines
}

// splitWord cuts a word that is too long for a line, after a separator if one
// stands in the second half of the line. East Asian text has no spaces and is
// cut anywhere.
func splitWord(word string, width int) (head, rest string) {
	n, end, sep := 0, len(word), 0
	color := false
	for i, r := range word {
		if color = color || r == 0x1b; color {
			color = r != 'm'
			continue
		}
		if n+runeColumns(r) > width {
			end = i
			break
		}
		n += runeColumns(r)
		if n > width/2 && strings.ContainsRune(",;/_&|，。；、", r) {
			sep = i + utf8.RuneLen(r)
		}
	}
	if sep > 0 && sep < len(word) {
		end = sep
	}
	if end == 0 || end >= len(word) {
		_, end = utf8.DecodeRuneInString(word)
	}
	return word[:end], word[end:]
}

// pad fills a string with spaces up to a number of columns.
func pad(s string, n int) string {
	if c := columns(s); c < n {
		return s + strings.Repeat(" ", n-c)
	}
	return s
}

// padLeft is pad with the spaces in front.
func padLeft(s string, n int) string {
	if c := columns(s); c < n {
		return strings.Repeat(" ", n-c) + s
	}
	return s
}
