package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"tlswhy/decode/capture"
)

// dump writes packets to the files of -w. The first failure ends the writing,
// not the capture.
type dump struct {
	name    string
	force   bool
	limit   int64 // bytes of a file; 0: none
	most    int   // files kept; 0: all
	source  func() []capture.Interface
	file    *os.File
	w       *capture.Writer
	size    counted
	numbers map[int]int // interfaces of the source, to those of the file
	frames  int         // in this file
	files   []string    // that exist
	made    int
	err     error
	told    bool // of err
}

// counted is a file of which the size is known. What was written in part is
// taken back.
type counted struct {
	f *os.File
	n int64
}

func (c *counted) Write(b []byte) (int, error) {
	n, err := c.f.Write(b)
	if err != nil && n > 0 {
		_ = c.f.Truncate(c.n)
		_, _ = c.f.Seek(c.n, io.SeekStart)
		return 0, err
	}
	c.n += int64(n)
	return n, err
}

func newDump(o *options, source func() []capture.Interface) (*dump, error) {
	d := &dump{name: o.write, force: o.force, limit: int64(o.rotateSize) * 1e6, most: o.rotateFiles, source: source}
	return d, d.open()
}

// open begins the next file. With a limit they are numbered.
func (d *dump) open() error {
	name := d.name
	d.made++
	if d.limit > 0 {
		ext := filepath.Ext(name)
		name = fmt.Sprintf("%s-%05d%s", strings.TrimSuffix(name, ext), d.made, ext)
	}
	flags := os.O_WRONLY | os.O_CREATE | os.O_EXCL
	if s, err := os.Stat(name); d.force || err == nil && !s.Mode().IsRegular() {
		flags = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	}
	f, err := os.OpenFile(name, flags, 0o644)
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("-w %s exists (--force overwrites it)", name)
	}
	if err != nil {
		return fmt.Errorf("-w %s cannot be written: %w", name, cause(err))
	}
	d.file, d.size = f, counted{f: f}
	d.w, d.numbers, d.frames = capture.NewWriter(&d.size), map[int]int{}, 0
	d.files = append(d.files, name)
	if d.most > 0 && len(d.files) > d.most {
		_ = os.Remove(d.files[0])
		d.files = d.files[1:]
	}
	_ = d.w.WriteSection(capture.Section{Application: "tlswhy " + version()})
	return d.flush()
}

// write adds a packet. Comments stand with it.
func (d *dump) write(p *capture.Packet, comments ...string) {
	if d.err != nil {
		return
	}
	if d.limit > 0 && d.size.n >= d.limit {
		if err := d.rotate(); err != nil {
			d.fail(err)
			return
		}
	}
	n, known := d.numbers[p.Interface]
	if !known {
		i := capture.Interface{LinkType: p.LinkType}
		if all := d.source(); p.Interface < len(all) {
			i = all[p.Interface]
		}
		n, _ = d.w.AddInterface(i)
		d.numbers[p.Interface] = n
	}
	d.frames++
	if err := d.w.WritePacket(n, p, comments...); err != nil {
		d.fail(err)
	}
}

func (d *dump) rotate() error {
	if err := errors.Join(d.w.Flush(), d.file.Close()); err != nil {
		return err
	}
	return d.open()
}

func (d *dump) fail(err error) {
	if d.err == nil {
		d.err = fmt.Errorf("-w %s ends here: %w", d.name, cause(err))
		d.file.Close()
	}
}

// flush writes what waits: whole blocks, so that the file can be read whenever
// the program is killed.
func (d *dump) flush() error {
	if d.err == nil {
		if err := d.w.Flush(); err != nil {
			d.fail(err)
		}
	}
	return d.err
}

// close ends the last file with what was lost.
func (d *dump) close(now int64, received, dropped uint64) error {
	if d.err != nil {
		return d.err
	}
	if n, ok := d.numbers[0]; ok {
		_ = d.w.WriteStatistics(n, now, received, dropped)
	}
	if err := d.flush(); err != nil {
		return err
	}
	if err := d.file.Close(); err != nil && !errors.Is(err, syscall.EINVAL) {
		d.fail(err)
	}
	return d.err
}
