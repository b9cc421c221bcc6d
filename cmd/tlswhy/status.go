package main

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// status is the line that says how a live capture goes, on a terminal only.
type status struct {
	w       *watcher
	to      io.Writer // nil: nothing is shown
	at      time.Time
	packets int
	bytes   int64
	shown   bool
}

func newStatus(w *watcher) *status {
	s := &status{w: w, at: time.Now()}
	if w.o.progress && len(w.o.command) == 0 && isTerminal(w.std.err) {
		s.to = w.std.err
	}
	return s
}

// begin says that the capture runs.
func (s *status) begin() {
	if !s.w.o.quiet && len(s.w.o.command) == 0 {
		fmt.Fprintf(s.w.std.err, "tlswhy: capturing on %s; Ctrl-C ends it\n", printable(strings.Join(s.w.o.interfaces, ", ")))
	}
}

// show writes the rates of about the last second.
func (s *status) show() {
	span := time.Since(s.at)
	if s.to == nil || span < time.Second {
		return
	}
	d := s.w.decoder
	fmt.Fprintf(s.to, "\r\x1b[K%d packets/s, %.1f Mbit/s; %d handshakes; %d packets dropped",
		int(float64(d.Packets-s.packets)/span.Seconds()), float64(d.Bytes-s.bytes)*8/1e6/span.Seconds(), s.w.judged, s.w.src.Dropped())
	s.at, s.packets, s.bytes, s.shown = time.Now(), d.Packets, d.Bytes, true
}

func (s *status) clear() {
	if s.shown {
		fmt.Fprint(s.to, "\r\x1b[K")
		s.shown = false
	}
}
