// Package extract writes captures again, in a second pass over the inputs:
// whole or only the connections that matter, with findings as comments on the
// packets that prove them.
package extract

import (
	"errors"
	"fmt"
	"io"

	"tlswhy/decode/capture"
)

// Input is a capture that was analysed and can be read once more. Its place in
// a list of inputs is the number by which a report knows it.
type Input struct {
	Name    string // for errors
	Packets int    // that the first pass read; later ones are left out, as the file may have grown
	Open    func() (io.ReadCloser, error)
	Takes   func(*capture.Packet) bool // a filter; nil takes every packet
}

// Notes are the comments of a capture.
type Notes struct {
	Verdict string                             // on the first section
	Packet  func(capture, frame int) []string  // on a packet, by the number it had in its input
	Input   func(capture int) (comment string) // on the section of each input
}

// Options say how captures are written.
type Options struct {
	Secrets bool       // keep decryption secrets blocks
	Redact  *Redaction // leave nothing that tells who took part, nor secrets; nil: everything stays
}

// Write writes the inputs of a plan as one pcapng, a section or more for each
// input, in their order.
func (p *Plan) Write(w io.Writer, n Notes, o Options) error {
	out := capture.NewWriter(w)
	first := p.first()
	for i := range p.inputs {
		if p.skips(i) && i != first {
			continue
		}
		c := &copier{plan: p, index: i, first: i == first, out: out, notes: n, secrets: o.Secrets && o.Redact == nil, hide: o.Redact}
		if err := c.run(); err != nil {
			return err
		}
	}
	return out.Flush()
}

// each reads the blocks of an input as far as the first pass came. What ends
// it early was told then.
func (in *Input) each(f func(r *capture.Reader, b *capture.Block) error) error {
	src, err := in.Open()
	if err != nil {
		return fmt.Errorf("%s cannot be read again: %w", in.Name, err)
	}
	defer src.Close()
	r, err := capture.NewReader(src, in.Name)
	if err != nil {
		return fmt.Errorf("%s cannot be read again: %w", in.Name, err)
	}
	var b capture.Block
	for packets := 0; ; {
		var bad *capture.Error
		switch err := r.NextBlock(&b); {
		case errors.Is(err, io.EOF), errors.As(err, &bad):
			return nil
		case err != nil:
			return err
		}
		if b.IsPacket {
			if packets++; packets > in.Packets {
				return nil
			}
		}
		if err := f(r, &b); err != nil {
			return err
		}
	}
}

// copier writes one input.
type copier struct {
	plan    *Plan
	index   int
	first   bool // of the inputs that are written
	out     *capture.Writer
	notes   Notes
	secrets bool
	hide    *Redaction // nil: nothing is hidden
	begun   bool       // the input's first section is written
	added   int        // interfaces described
	buf     []byte
}

func (c *copier) run() error {
	in := &c.plan.inputs[c.index]
	if err := in.each(c.block); err != nil {
		return err
	}
	if !c.begun { // an input without a packet
		return c.section("")
	}
	return nil
}

// comments are those of the input's first section.
func (c *copier) comments() []string {
	var list []string
	if c.first && c.notes.Verdict != "" {
		list = append(list, c.notes.Verdict)
	}
	if c.notes.Input != nil {
		if s := c.notes.Input(c.index); s != "" {
			list = append(list, s)
		}
	}
	return list
}

func (c *copier) section(application string) error {
	c.begun = true
	if c.hide != nil {
		c.hide.newInput()
	}
	return c.out.WriteSection(capture.Section{Application: application, Comments: c.comments()})
}

func (c *copier) block(r *capture.Reader, b *capture.Block) error {
	switch {
	case c.hide != nil || b.Type == 0:
		return c.packet(r, b)
	case b.IsPacket:
		if !c.plan.keeps(c.index, b.Number) {
			return nil
		}
		comments := c.note(b.Number)
		if len(comments) == 0 {
			return c.out.WriteBlock(b.Raw)
		}
		c.buf = b.AppendAnnotated(c.buf[:0], comments...)
		return c.out.WriteBlock(c.buf)
	case b.Type == capture.BlockSection:
		var comments []string
		if !c.begun {
			c.begun, comments = true, c.comments()
		}
		c.buf = b.AppendSection(c.buf[:0], comments...)
		return c.out.WriteBlock(c.buf)
	case b.Type == capture.BlockSecrets && !c.secrets:
		return nil
	case c.plan.narrow() && !belongs(b.Type, c.secrets):
		return nil
	}
	return c.out.WriteBlock(b.Raw)
}

// belongs says whether a block that is no packet has its place in an extract:
// what describes the packets. Names that were looked up and records of other
// programs tell of other connections too.
func belongs(t capture.BlockType, secrets bool) bool {
	return t == capture.BlockInterface || t == capture.BlockStatistics || t == capture.BlockSecrets && secrets
}

func (c *copier) note(frame int) []string {
	if c.notes.Packet == nil {
		return nil
	}
	return c.notes.Packet(c.index, frame)
}

// packet writes a packet of a classic pcap, or a redacted one.
func (c *copier) packet(r *capture.Reader, b *capture.Block) error {
	if !c.begun {
		if err := c.section(""); err != nil {
			return err
		}
	}
	for ; c.added < len(r.Interfaces()); c.added++ {
		i := r.Interfaces()[c.added]
		if c.hide != nil {
			i.Name, i.Description = "", ""
		}
		if _, err := c.out.AddInterface(i); err != nil {
			return err
		}
	}
	if !b.IsPacket {
		return nil
	}
	p := &b.Packet
	if c.hide != nil {
		p.Data = c.hide.packet(p) // of those that are left out too: others depend on them
	}
	if !c.plan.keeps(c.index, b.Number) {
		return nil
	}
	return c.out.WritePacket(p.Interface, p, c.note(b.Number)...)
}
