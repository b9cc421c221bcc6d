package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/term"

	"tlswhy/analyze"
	"tlswhy/analyze/render"
)

// report analyses the inputs and writes every output.
func report(ctx context.Context, o *options, std streams) int {
	if err := checkFiles(o); err != nil {
		complain(std, err)
		return statusTrouble
	}
	x := newExtract(o)
	defer x.close()
	got, err := x.read(ctx, std)
	if err != nil {
		complain(std, err)
		return statusTrouble
	}
	r, trouble := got.report, got.trouble
	for _, out := range o.outputs {
		write := func(w io.Writer) error { return out.format.Write(w, r, fileOptions(o)) }
		if out.isCapture() {
			write = func(w io.Writer) error { return x.write(w, r, o) }
		}
		if err := writeFile(out, write, o.force); err != nil {
			complain(std, err)
			trouble = true
		}
	}
	if len(o.command) > 0 && !o.stdoutSaid {
		std.out = std.err // standard output is the command's
	}
	if o.stdout {
		if err := got.write(std.out, renderOptions(o, std)); err != nil && !gone(err) {
			complain(std, fmt.Errorf("standard output: %w", err))
			trouble = true
		}
	}
	switch {
	case trouble:
		return statusTrouble
	case r.Summary.Failed > 0:
		return statusFailed
	}
	return statusOK
}

// reading is what came of the inputs.
type reading struct {
	report  *analyze.Report
	trouble bool // an input could not be used as a whole
	write   func(io.Writer, render.Options) error
}

// readingOf is written in the format of standard output.
func readingOf(r *analyze.Report, trouble bool, o *options) *reading {
	return &reading{r, trouble, func(w io.Writer, opt render.Options) error { return o.format.Write(w, r, opt) }}
}

// renderOptions are those of standard output.
func renderOptions(o *options, std streams) render.Options {
	opt := fileOptions(o)
	opt.Width = terminalWidth(std)
	opt.Color = o.color == "always" || o.color == "auto" && isTerminal(std.out) && std.getenv("NO_COLOR") == "" && std.getenv("TERM") != "dumb"
	return opt
}

// fileOptions are those of -o: the same wherever the program runs.
func fileOptions(o *options) render.Options {
	return render.Options{All: o.all, Lang: o.lang, Redact: o.redact, Color: o.color == "always"}
}

func isTerminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// terminalWidth is the width of the terminal, 0 when the output is none. A
// pager's terminal is not known; COLUMNS is believed when it is set.
func terminalWidth(std streams) int {
	if f, ok := std.out.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil {
			return width
		}
	}
	width, _ := strconv.Atoi(std.getenv("COLUMNS"))
	return width
}

// checkFiles refuses outputs that would destroy something, before any work is
// done.
func checkFiles(o *options) error {
	if s, err := os.Stat(o.write); o.write != "" && err == nil && s.Mode().IsRegular() && !o.force && o.rotateSize == 0 {
		return fmt.Errorf("-w %s exists (--force overwrites it)", o.write)
	}
	for _, out := range o.outputs {
		there, err := os.Stat(out.file)
		if err != nil {
			continue
		}
		for _, in := range o.files {
			if s, err := os.Stat(in); err == nil && in != "-" && os.SameFile(s, there) {
				return fmt.Errorf("-o %s is one of the inputs", out.file)
			}
		}
		if !o.force {
			return fmt.Errorf("-o %s exists (--force overwrites it)", out.file)
		}
	}
	return nil
}

// writeFile writes one output. It is complete or not there: the bytes go to a
// file beside it that takes its name at the end.
func writeFile(out output, write func(io.Writer) error, force bool) error {
	if there, err := os.Stat(out.file); err == nil && !there.Mode().IsRegular() {
		return writeDevice(out, write)
	}
	f, err := os.CreateTemp(filepath.Dir(out.file), "."+filepath.Base(out.file)+".*")
	if err != nil {
		return fmt.Errorf("-o %s cannot be written: %w", out.file, cause(err))
	}
	defer os.Remove(f.Name())
	err = write(f)
	if err == nil {
		err = f.Chmod(0o644)
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = place(f.Name(), out.file, force)
	}
	if err != nil {
		return fmt.Errorf("-o %s cannot be written: %w", out.file, cause(err))
	}
	return nil
}

// place gives a finished file its name. Without force it takes nobody's.
func place(from, to string, force bool) error {
	if force {
		return os.Rename(from, to)
	}
	if err := os.Link(from, to); err == nil || os.IsExist(err) {
		return err
	}
	return os.Rename(from, to) // a file system without links
}

// writeDevice writes to something that is no file, as /dev/stdout is.
func writeDevice(out output, write func(io.Writer) error) error {
	f, err := os.OpenFile(out.file, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	err = write(f)
	if e := f.Close(); err == nil {
		err = e
	}
	if gone(err) {
		return nil
	}
	return err
}

// cause is an error without the name of the operation and the file, which the
// message has already.
func cause(err error) error {
	switch e := err.(type) {
	case *os.PathError:
		return e.Err
	case *os.LinkError:
		return e.Err
	}
	return err
}
