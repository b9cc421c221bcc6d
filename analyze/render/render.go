// Package render writes a report: text for a terminal, Markdown, an
// HTML page, JSON, NDJSON. It lays out what package analyze found and judges
// nothing.
package render

import (
	"io"
	"slices"

	"tlswhy/analyze"
)

// Options say how to write a report.
type Options struct {
	Width  int    // columns of text; 0 is 80
	Color  bool   // text: ANSI colours
	All    bool   // text: one block for each handshake, not one for each group
	Lang   string // of the explanations; "" is English
	Redact bool   // placeholders for what tells who took part

	Template func(lang, key string) (string, bool) // nil: analyze.Template
}

// Format is one form of a report.
type Format struct {
	Name       string // of --format
	Extensions []string
	Machine    bool // meant for programs
	Examples   bool // of many failures that are alike it tells one, unless Options.All is set
	Write      func(w io.Writer, r *analyze.Report, o Options) error
}

// Formats lists every format once; the first one is the default.
func Formats() []Format {
	return []Format{
		{Name: "text", Extensions: []string{".txt"}, Examples: true, Write: Text},
		{Name: "markdown", Extensions: []string{".md"}, Examples: true, Write: Markdown},
		{Name: "html", Extensions: []string{".html"}, Write: HTML},
		{Name: "json", Extensions: []string{".json"}, Machine: true, Write: JSON},
		{Name: "ndjson", Extensions: []string{".ndjson"}, Machine: true, Write: NDJSON},
	}
}

// ByName returns the format of a name.
func ByName(name string) (Format, bool) {
	return find(func(f Format) bool { return f.Name == name })
}

// ByExtension returns the format of a file name's extension (".json").
func ByExtension(ext string) (Format, bool) {
	return find(func(f Format) bool { return slices.Contains(f.Extensions, ext) })
}

func find(is func(Format) bool) (Format, bool) {
	formats := Formats()
	if i := slices.IndexFunc(formats, is); i >= 0 {
		return formats[i], true
	}
	return Format{}, false
}
