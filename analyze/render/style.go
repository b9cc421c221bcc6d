package render

import "tlswhy/analyze"

// style writes ANSI colours, or nothing. Colour only repeats what words and
// signs say.
type style bool

func (s style) sgr(code, text string) string {
	if !s || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func (s style) bold(text string) string   { return s.sgr("1", text) }
func (s style) dim(text string) string    { return s.sgr("2", text) }
func (s style) bad(text string) string    { return s.sgr("1;31", text) }
func (s style) good(text string) string   { return s.sgr("32", text) }
func (s style) warn(text string) string   { return s.sgr("33", text) }
func (s style) strong(text string) string { return s.sgr("1;36", text) }

// severity colours a word by how bad it is.
func (s style) severity(v analyze.Severity, text string) string {
	switch v {
	case analyze.Error:
		return s.bad(text)
	case analyze.Warning:
		return s.warn(text)
	}
	return s.strong(text)
}
