package reporttest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
)

// Check returns what is wrong with a report in a format, whatever was in the
// capture.
func (s *Schema) Check(format string, text []byte) error {
	if err := Printable(text, format == "html"); err != nil {
		return err
	}
	switch format {
	case "json":
		return s.Validate(text)
	case "ndjson":
		return s.Lines(text)
	case "markdown":
		return Markdown(text)
	case "html":
		return HTML(text)
	}
	return nil
}

// Printable returns an error for text that a terminal would not only show:
// control and format characters, or bytes that are no UTF-8. Tabs are allowed
// where a script is part of the text.
func Printable(text []byte, tabs bool) error {
	if !utf8.Valid(text) {
		return errors.New("no UTF-8")
	}
	for i, r := range string(text) {
		if r != '\n' && !unicode.IsPrint(r) && (r != '\t' || !tabs) {
			return fmt.Errorf("%U at %d: %q", r, i, text[max(0, i-40):min(len(text), i+40)])
		}
	}
	return nil
}

// Lines checks NDJSON: a handshake a line, the summary last.
func (s *Schema) Lines(text []byte) error {
	lines := bytes.Split(bytes.TrimSuffix(text, []byte("\n")), []byte("\n"))
	last := lines[len(lines)-1]
	for _, l := range lines[:len(lines)-1] {
		if err := s.Def("handshake").Validate(l); err != nil {
			return err
		}
	}
	if !bytes.HasPrefix(last, []byte("{")) || !bytes.Contains(last, []byte(`"summary":`)) {
		return fmt.Errorf("the last line has no summary: %.200q", last)
	}
	return nil
}

// maxComment is what GitHub takes for a comment, in characters.
const maxComment = 65536

// Markdown checks that every fence and every folded part is closed, that each
// row of a table has as many cells as its head, and that outside code nothing
// is HTML but the folding.
func Markdown(text []byte) error {
	if n := utf8.RuneCount(text); n > maxComment {
		return fmt.Errorf("%d characters", n)
	}
	fenced, folded, cells := false, 0, 0
	for i, line := range strings.Split(string(text), "\n") {
		if strings.HasPrefix(strings.TrimSpace(line), "```") {
			fenced = !fenced
			continue
		}
		if fenced {
			continue
		}
		plain, err := outsideCode(line)
		if err != nil {
			return fmt.Errorf("line %d: %w: %q", i+1, err, line)
		}
		opens, closes := strings.Count(plain, "<details><summary>"), strings.Count(plain, "</details>")
		folded += opens - closes
		tags := opens*2 + strings.Count(plain, "</summary>") + closes
		if n := strings.Count(plain, "<"); n != tags || folded < 0 {
			return fmt.Errorf("line %d: HTML: %q", i+1, line)
		}
		n := 0
		if strings.HasPrefix(plain, "|") {
			n = strings.Count(plain, "|")
		}
		if n > 0 && cells > 0 && n != cells {
			return fmt.Errorf("line %d: %d cells instead of %d: %q", i+1, n-1, cells-1, line)
		}
		cells = n
	}
	if fenced || folded != 0 {
		return fmt.Errorf("fence open: %v, %d parts open", fenced, folded)
	}
	return nil
}

// outsideCode returns a line without its code spans and escaped characters.
func outsideCode(line string) (string, error) {
	var b strings.Builder
	code := false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '`':
			code = !code
		case code:
		case c == '\\':
			i++
		default:
			b.WriteByte(c)
		}
	}
	if code {
		return "", errors.New("a code span is open")
	}
	return b.String(), nil
}

// void are the elements without an end.
var void = []string{"meta", "br", "input", "hr"}

// HTML checks that every element is closed in order, that no element is of a
// kind that loads something and that no attribute runs something.
func HTML(text []byte) error {
	if !bytes.HasPrefix(text, []byte("<!DOCTYPE html>\n")) {
		return errors.New("no document type")
	}
	var open []string
	z := html.NewTokenizer(bytes.NewReader(text))
	for {
		switch z.Next() {
		case html.ErrorToken:
			if z.Err() != io.EOF || len(open) > 0 {
				return fmt.Errorf("%w with %q open", z.Err(), open)
			}
			return nil
		case html.StartTagToken:
			t := z.Token()
			if err := harmless(t); err != nil {
				return err
			}
			if !slices.Contains(void, t.Data) {
				open = append(open, t.Data)
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			if len(open) == 0 || open[len(open)-1] != string(name) {
				return fmt.Errorf("</%s> with %q open", name, open)
			}
			open = open[:len(open)-1]
		case html.CommentToken, html.SelfClosingTagToken:
			return fmt.Errorf("%q", z.Raw())
		}
	}
}

func harmless(t html.Token) error {
	if slices.Contains([]string{"script", "style"}, t.Data) && len(t.Attr) > 0 && t.Attr[0].Val != "application/json" || slices.Contains([]string{"img", "iframe", "object", "embed", "link", "base", "form", "a", "video", "audio"}, t.Data) {
		return fmt.Errorf("an element %s", t.Data)
	}
	for _, a := range t.Attr {
		if strings.HasPrefix(a.Key, "on") || a.Key == "src" || a.Key == "href" || a.Key == "style" {
			return fmt.Errorf("<%s %s=%q>", t.Data, a.Key, a.Val)
		}
	}
	return nil
}
