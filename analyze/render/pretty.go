package render

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// lineLength is up to which length a JSON value stays on one line.
const lineLength = 120

// pretty indents compact JSON. Small objects and arrays stay on one line, so
// that a list of code points can be read.
func pretty(b *bytes.Buffer, compact []byte, indent string) error {
	compact = bytes.TrimSpace(compact)
	if len(indent)+len(compact) <= lineLength || len(compact) == 0 || compact[0] != '{' && compact[0] != '[' {
		spaced(b, compact)
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(compact))
	dec.UseNumber()
	if _, err := dec.Token(); err != nil {
		return err
	}
	open, inner := compact[0], indent+"  "
	b.WriteByte(open)
	for first := true; dec.More(); first = false {
		if !first {
			b.WriteByte(',')
		}
		b.WriteString("\n" + inner)
		var value json.RawMessage
		if open == '{' {
			name, err := dec.Token()
			if err != nil {
				return err
			}
			fmt.Fprintf(b, "%q: ", name) // our own names, plain ASCII
		}
		if err := dec.Decode(&value); err != nil {
			return err
		}
		if err := pretty(b, value, inner); err != nil {
			return err
		}
	}
	b.WriteString("\n" + indent)
	b.WriteByte(open + 2) // ']' and '}' follow two after their openers
	return nil
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
