package render

import "bytes"

// lineLength is up to which length a JSON value stays on one line.
const lineLength = 120

// pretty indents JSON as package json writes it without indentation. Small
// objects and arrays stay on one line, so that a list of code points can be
// read.
func pretty(b *bytes.Buffer, compact []byte, indent string) {
	if len(indent)+len(compact) <= lineLength || compact[0] != '{' && compact[0] != '[' {
		spaced(b, compact)
		return
	}
	open, inner := compact[0], indent+"  "
	b.WriteByte(open)
	for rest := compact[1 : len(compact)-1]; len(rest) > 0; {
		item := rest[:itemEnd(rest, ',')]
		rest = rest[min(len(item)+1, len(rest)):]
		b.WriteString("\n" + inner)
		if open == '{' {
			colon := itemEnd(item, ':')
			b.Write(item[:colon])
			b.WriteString(": ")
			item = item[colon+1:]
		}
		pretty(b, item, inner)
		if len(rest) > 0 {
			b.WriteByte(',')
		}
	}
	b.WriteString("\n" + indent)
	b.WriteByte(open + 2) // ']' and '}' follow two after their openers
}

// itemEnd returns the index of the first end outside strings, objects and
// arrays, or the length of b.
func itemEnd(b []byte, end byte) int {
	depth, quoted := 0, false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == end && depth == 0:
			return i
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			depth--
		}
	}
	return len(b)
}

// spaced puts a space after each comma and colon outside strings.
func spaced(b *bytes.Buffer, compact []byte) {
	quoted := false
	for i := 0; i < len(compact); i++ {
		c := compact[i]
		b.WriteByte(c)
		switch {
		case quoted && c == '\\':
			i++
			b.WriteByte(compact[i])
		case c == '"':
			quoted = !quoted
		case !quoted && (c == ',' || c == ':'):
			b.WriteByte(' ')
		}
	}
}
