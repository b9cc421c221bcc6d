package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime/debug"

	"tlswhy/analyze"
	"tlswhy/analyze/extract"
	"tlswhy/analyze/render"
	"tlswhy/decode"
	"tlswhy/decode/capture"
)

// extraction is what writing captures needs to know of the first pass. When no
// capture is written it does nothing.
type extraction struct {
	o      *options
	wanted bool
	inputs []extract.Input
	more   []analyze.Connection // healthy ones that the analyzer does not remember
	file   string               // where the input at hand can be read again
	spools []*os.File           // temporary files
}

func newExtract(o *options) *extraction { return &extraction{o: o, wanted: o.writesCapture()} }

// close removes the temporary files.
func (x *extraction) close() {
	for _, f := range x.spools {
		f.Close()
		os.Remove(f.Name())
	}
}

// read analyses the inputs, or watches interfaces.
func (x *extraction) read(ctx context.Context, std streams) (*reading, error) {
	if len(x.o.interfaces) > 0 {
		return watch(ctx, x.o, std)
	}
	return analyse(ctx, x.o, std, x)
}

// spool makes sure that an input can be read a second time: what is no file
// (its size is then 0) is copied to a temporary one while it is read.
func (x *extraction) spool(in *input, src io.Reader, size int64) (io.Reader, error) {
	x.file = in.name
	if !x.wanted || size > 0 {
		return src, nil
	}
	f, err := os.CreateTemp("", "tlswhy-*")
	if err != nil {
		return nil, fmt.Errorf("%s can be read only once, and there is no place for a copy: %w", in.shown(), cause(err))
	}
	x.file = f.Name()
	x.spools = append(x.spools, f)
	return &spooling{src, f}, nil
}

// spooling copies what is read.
type spooling struct {
	io.Reader
	file *os.File
}

func (s *spooling) Read(b []byte) (int, error) {
	n, err := s.Reader.Read(b)
	if _, e := s.file.Write(b[:n]); e != nil {
		return n, fmt.Errorf("the copy for the second pass: %w", cause(e))
	}
	return n, err
}

// add takes note of an input that was read, in the order of the report.
func (x *extraction) add(in *input, packets int) {
	file := x.file
	again := extract.Input{Name: in.shown(), Packets: packets, Open: func() (io.ReadCloser, error) { return os.Open(file) }}
	if in.sieve.filter != nil {
		again.Takes = func(p *capture.Packet) bool {
			ok, err := in.sieve.takes(p)
			return ok && err == nil // an error ended the first pass
		}
	}
	x.inputs = append(x.inputs, again)
}

// brief is what the decoder asks about healthy handshakes: those that are
// wanted and not remembered otherwise are noted.
func (x *extraction) brief(a *analyze.Analyzer) func(*decode.Brief) bool {
	if !x.wanted || x.o.onlyFailed || !x.o.narrows() {
		return a.Brief
	}
	return func(b *decode.Brief) bool {
		keep := a.Brief(b)
		if !keep && x.o.match(analyze.Ends{Client: b.Client, Server: b.Server, SNI: string(b.SNI), Stream: b.Stream}) {
			x.more = append(x.more, analyze.Connection{Capture: b.Capture, FirstFrame: b.Frame, Client: b.Client, Server: b.Server, Outcome: analyze.Completed, Matches: true})
		}
		return keep
	}
}

// write writes the inputs again.
func (x *extraction) write(w io.Writer, r *analyze.Report, o *options) error {
	plan, err := x.plan(r)
	if err != nil {
		return err
	}
	notes := render.Annotate(r, fileOptions(o), plan.Frame)
	opt := extract.Options{Secrets: o.withSecrets}
	debug.FreeOSMemory() // the window of a decompressor may be there still, and the next one takes as much
	verdict := notes.Verdict
	if o.redact {
		opt.Redact = extract.NewRedaction(notes.Name)
		verdict += "\n" + notes.Legend(opt.Redact.Addr)
	}
	return plan.Write(w, extract.Notes{Verdict: verdict, Packet: notes.Packet, Input: notes.Input}, opt)
}

func (x *extraction) plan(r *analyze.Report) (*extract.Plan, error) {
	if !x.o.onlyFailed && !x.o.narrows() {
		return extract.All(x.inputs)
	}
	return extract.Only(x.inputs, r, extract.Choose(r, x.more, x.o.onlyFailed))
}
