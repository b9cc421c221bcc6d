package main

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"tlswhy/analyze"
	"tlswhy/decode"
	"tlswhy/decode/capture"
)

// analyse reads every input and judges what was in them. Trouble with an input
// is told at once, and the others are still read; the error is one that leaves
// nothing to report.
func analyse(ctx context.Context, o *options, std streams, x *extraction) (*reading, error) {
	a, err := newAnalyzer(o)
	if err != nil {
		return nil, err
	}
	trouble := false
	index := 0
	for _, name := range o.files {
		in := &input{o: o, std: std, name: name, index: index, analyzer: a, sieve: newSieve(o), again: x}
		read, err := in.read(ctx)
		if err != nil {
			complain(std, err)
			trouble = true
		}
		if read {
			index++
		}
	}
	if index == 0 {
		return nil, errNothingRead
	}
	return readingOf(a.Report(), trouble, o), nil
}

// newAnalyzer returns the judge that the flags ask for, and loads the keys.
func newAnalyzer(o *options) (*analyze.Analyzer, error) {
	roots, err := loadRoots(o.roots)
	if err != nil {
		return nil, err
	}
	o.secrets, err = loadKeys(o.keylog)
	if live := len(o.interfaces) > 0; err != nil && !(live && errors.Is(err, os.ErrNotExist)) { // live, it may come later
		return nil, err
	}
	opt := analyze.Options{Version: version(), Roots: roots, Ports: o.ports, Timeout: o.timeout, All: o.all, Whole: o.wantsAll() || len(o.interfaces) > 0, Places: o.writesCapture(), Several: len(o.files) > 1}
	if o.narrows() {
		opt.Match = o.match
	}
	return analyze.New(opt), nil
}

var errNothingRead = errors.New("nothing could be read, so there is no report")

// input is one file on its way through the decoder.
type input struct {
	o        *options
	std      streams
	name     string
	index    int
	analyzer *analyze.Analyzer
	sieve    sieve
	again    *extraction // what is needed to read the inputs once more
}

// read follows one input to its end. read is false when it could not even be
// begun; the error tells of any trouble, after which the rest is still used.
func (in *input) read(ctx context.Context) (read bool, err error) {
	src, size, done, err := in.open(ctx)
	if err != nil {
		return false, err
	}
	defer done()
	if src, err = in.again.spool(in, src, size); err != nil {
		return false, err
	}
	progress := newProgress(in, size)
	defer progress.clear()
	reader, err := capture.NewReader(progress.count(src), in.shown())
	if err != nil {
		return false, err
	}
	d := decode.New(decode.Options{Capture: in.index, Handle: in.analyzer.Add, Brief: in.again.brief(in.analyzer), Repeat: in.analyzer.Repeat, Digest: len(in.o.files) > 1})
	d.AddSecrets(in.o.secrets)
	err = in.follow(ctx, reader, d, progress)
	d.Close()
	in.again.add(in, d.Packets)
	in.analyzer.Other(d.Other)
	c := in.summary(reader, d, err)
	in.analyzer.Capture(c)
	progress.clear()
	in.tell(&c, reader)
	return true, err
}

// follow hands every packet to the decoder. An interrupt ends the input as its
// end does.
func (in *input) follow(ctx context.Context, r *capture.Reader, d *decode.Decoder, p *progress) error {
	var packet capture.Packet
	secrets := 0
	for {
		if d.Packets&0x3ff == 0 && ctx.Err() != nil {
			return fmt.Errorf("%s: interrupted at frame %d; what was read is reported", in.shown(), d.Packets)
		}
		switch err := r.Next(&packet); {
		case err == nil:
			if all := r.Secrets(); len(all) > secrets {
				d.AddSecrets(bytes.Join(all[secrets:], []byte("\n")))
				secrets = len(all)
			}
			if taken, err := in.sieve.takes(&packet); err != nil {
				return fmt.Errorf("%s: %w", in.shown(), err)
			} else if taken {
				d.Packet(&packet)
			} else {
				d.Skip(&packet)
			}
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, errInterrupted):
			return fmt.Errorf("%s: interrupted at frame %d; what was read is reported", in.shown(), d.Packets)
		default:
			return err
		}
		p.tick(d.Packets)
	}
}

// open gives the bytes of an input and their number, 0 when it is not known.
func (in *input) open(ctx context.Context) (src io.Reader, size int64, done func(), err error) {
	if in.name == "-" {
		return interruptible(ctx, in.std.in), 0, func() {}, nil
	}
	f, err := os.Open(in.name)
	if err != nil {
		return nil, 0, nil, fmt.Errorf("%s cannot be opened: %w", in.name, cause(err))
	}
	s, err := f.Stat()
	if err == nil && s.IsDir() {
		f.Close()
		return nil, 0, nil, fmt.Errorf("%s is a directory (name the captures in it)", in.name)
	}
	if err == nil && s.Mode().IsRegular() {
		return f, s.Size(), func() { f.Close() }, nil
	}
	return interruptible(ctx, f), 0, func() { f.Close() }, nil
}

func (in *input) shown() string {
	if in.name == "-" {
		return "standard input"
	}
	return in.name
}

// summary is what the report says of the input.
func (in *input) summary(r *capture.Reader, d *decode.Decoder, err error) analyze.Capture {
	c := analyze.Capture{File: in.name, Format: r.Format(), Packets: d.Packets, Bytes: d.Bytes, Dropped: int(r.Dropped())}
	if d.First != 0 {
		c.First, c.Last = time.Unix(0, d.First).UTC(), time.Unix(0, d.Last).UTC()
	}
	for _, l := range r.LinkTypes() {
		c.LinkTypes = append(c.LinkTypes, l.String())
	}
	for _, w := range r.Warnings() {
		c.Warnings = append(c.Warnings, analyze.T("common/capture-warning", analyze.Word(w)))
	}
	var cut *capture.Error
	switch {
	case errors.As(err, &cut):
		c.Warnings = append(c.Warnings, analyze.T("common/capture-cut", analyze.Frame(cut.Frame), analyze.Word(cut.Reason)))
	case err != nil:
		c.Warnings = append(c.Warnings, analyze.T("common/capture-interrupted", analyze.Frame(d.Packets)))
	}
	return c
}

// tell writes what an input held, when asked to, and what was odd about it.
func (in *input) tell(c *analyze.Capture, r *capture.Reader) {
	if in.o.quiet {
		return
	}
	for _, w := range r.Warnings() {
		fmt.Fprintf(in.std.err, "tlswhy: warning: %s: %s\n", printable(in.shown()), printable(w))
	}
	if in.o.verbose {
		fmt.Fprintf(in.std.err, "tlswhy: %s: %s, %s, %d packets, %d bytes\n", printable(in.shown()), c.Format, strings.Join(c.LinkTypes, " "), c.Packets, c.Bytes)
	}
}

// loadRoots reads the trust anchors.
func loadRoots(name string) (*analyze.Roots, error) {
	switch name {
	case "mozilla":
		return nil, nil
	case "system":
		pool, err := x509.SystemCertPool()
		if err != nil {
			return nil, fmt.Errorf("--roots system: this machine's trust anchors cannot be read: %w", err)
		}
		return analyze.NewRoots(name, pool), nil
	}
	pem, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("--roots %s cannot be read: %w", name, cause(err))
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("--roots %s holds no PEM certificate (-----BEGIN CERTIFICATE-----)", name)
	}
	return analyze.NewRoots(name, pool), nil
}

// loadKeys reads a key log; without one it has no lines.
func loadKeys(name string) ([]byte, error) {
	if name == "" {
		return nil, nil
	}
	keys, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("--keylog %s cannot be read: %w", name, cause(err))
	}
	return keys, nil
}

// wantsAll reports whether an output lists every failure.
func (o *options) wantsAll() bool {
	return o.all || o.stdout && !o.format.Examples || slices.ContainsFunc(o.outputs, func(x output) bool { return !x.isCapture() && !x.format.Examples })
}

// narrows reports whether only some handshakes are wanted.
func (o *options) narrows() bool {
	return len(o.servers)+len(o.clients)+len(o.names)+len(o.ports)+len(o.streams) > 0
}

// match reports whether a handshake is one of those that are wanted: one of
// each kind of flag that was given.
func (o *options) match(e analyze.Ends) bool {
	return (len(o.servers) == 0 || slices.ContainsFunc(o.servers, func(x endpoint) bool { return x.has(e.Server) })) &&
		(len(o.clients) == 0 || slices.ContainsFunc(o.clients, func(x endpoint) bool { return x.has(e.Client) })) &&
		(len(o.names) == 0 || slices.ContainsFunc(o.names, func(x string) bool { return matchName(x, e.SNI) })) &&
		(len(o.ports) == 0 || slices.Contains(o.ports, e.Server.Port())) &&
		(len(o.streams) == 0 || slices.Contains(o.streams, e.Stream))
}

// matchName compares names without regard to case; * stands for anything.
func matchName(pattern, name string) bool {
	pattern, name = strings.ToLower(pattern), strings.ToLower(name)
	if pattern == name {
		return true
	}
	ok, err := path.Match(strings.ReplaceAll(pattern, "/", "\\/"), strings.ReplaceAll(name, "/", "_"))
	return err == nil && ok
}
