package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"tlswhy/analyze"
	"tlswhy/analyze/render"
	"tlswhy/decode"
	"tlswhy/decode/capture"
)

const (
	latency = 20 * time.Millisecond  // how long the kernel gathers packets
	beat    = 250 * time.Millisecond // how often silences are looked for
	linger  = 600 * time.Millisecond // after the end of a connection, before it is judged
	drain   = 150 * time.Millisecond // how long after the end packets of before are waited for
)

// watcher follows a live capture.
type watcher struct {
	o        *options
	std      streams
	src      *capture.Live
	analyzer *analyze.Analyzer
	decoder  *decode.Decoder
	out      *announcer
	status   *status
	command  *command // nil: none
	backlog  *backlog // nil: packets do not wait for secrets
	dump     *dump    // nil: nothing is written
	recent   *recent  // nil: all packets are written at once

	nextBeat int64
	deadline time.Time // zero: none
	judged   int
	early    map[flowID]bool // counted when they fell silent
	trouble  bool
	ended    bool

	foreign []*decode.Handshake // of other programs, while a command runs
	owned   int                 // of the command
	doubt   int                 // whose they are is not known
}

// flowID tells a connection apart.
type flowID struct {
	tcp    bool
	stream int
}

// watch captures until it is told to stop, then gives the report.
func watch(ctx context.Context, o *options, std streams) (*reading, error) {
	a, err := newAnalyzer(o)
	if err != nil {
		return nil, err
	}
	s := newSieve(o)
	src, err := capture.OpenLive(capture.LiveOptions{Interfaces: o.interfaces, Namespace: o.netns, Buffer: o.buffer, Latency: latency, Filter: s.kernel})
	if err != nil {
		return nil, permission(err, o.netns)
	}
	defer src.Close()
	w := &watcher{o: o, std: std, src: src, analyzer: a, early: map[flowID]bool{}}
	w.decoder = decode.New(decode.Options{Handle: w.handle, Brief: w.brief, Linger: linger})
	w.decoder.AddSecrets(o.secrets)
	w.status = newStatus(w)
	w.out = newAnnouncer(w)
	return w.run(ctx)
}

// run starts the command, gives up the rights, and captures.
func (w *watcher) run(ctx context.Context) (*reading, error) {
	keys := w.o.keylog
	if len(w.o.command) > 0 {
		c, err := startCommand(w.o, w.std)
		if err != nil {
			return nil, err
		}
		defer c.tidy()
		w.command, keys = c, cmp.Or(c.keys, keys)
	}
	if keys != "" {
		w.backlog = &backlog{keys: &keyFile{name: keys, at: int64(len(w.o.secrets))}}
	}
	if w.std.drop != nil {
		if err := w.std.drop(w.o); err != nil {
			complain(w.std, fmt.Errorf("rights could not be given up: %w", err))
		}
	}
	if err := w.openDump(); err != nil {
		w.stop()
		return nil, err
	}
	w.status.begin()
	err := w.follow(ctx)
	w.stop()
	w.release(math.MaxInt64)
	w.decoder.Close()
	w.status.clear()
	err = errors.Join(err, w.closeDump())
	if err != nil {
		complain(w.std, err)
	}
	return w.reading(err != nil || w.trouble), nil
}

// stop ends a command that still runs.
func (w *watcher) stop() {
	if w.command != nil {
		w.command.stop()
	}
}

// openDump begins what -w asks for.
func (w *watcher) openDump() (err error) {
	if w.o.write == "" {
		return nil
	}
	if w.dump, err = newDump(w.o, w.src.Interfaces); err == nil && w.o.onlyFailed {
		w.recent = newRecent(w.dump, w.out.live, w.o.keep)
	}
	return err
}

func (w *watcher) closeDump() error {
	if w.dump == nil || w.dump.told {
		return nil
	}
	return w.dump.close(time.Now().UnixNano(), uint64(w.decoder.Packets), w.src.Dropped())
}

// numbered says whether frame numbers are those of the file that is written.
func (w *watcher) numbered() bool { return w.dump != nil && w.recent == nil && w.o.rotateSize == 0 }

// reading makes the report. NDJSON goes on where the lines told so far end.
func (w *watcher) reading(trouble bool) *reading {
	w.settleOwners()
	w.analyzer.Other(w.decoder.Other)
	w.analyzer.Capture(w.summary())
	w.tell()
	r := w.analyzer.Report()
	if w.command != nil {
		r.Command = w.command.report()
	}
	told := map[int]bool{}
	for _, h := range r.Handshakes {
		told[h.ID] = w.analyzer.Told(h)
	}
	if !w.numbered() {
		r.WithoutFrames()
	}
	got := readingOf(r, trouble, w.o)
	if w.o.format.Name == "ndjson" {
		got.write = func(to io.Writer, _ render.Options) error {
			return w.out.live.Last(to, r, func(h *analyze.Handshake) bool { return told[h.ID] })
		}
	}
	return got
}

// follow reads packets until something ends the capture.
func (w *watcher) follow(ctx context.Context) error {
	if w.o.duration > 0 {
		w.deadline = time.Now().Add(w.o.duration)
	}
	var p capture.Packet
	for !w.ended {
		err := w.src.Next(&p)
		switch {
		case err == nil:
			w.packet(&p)
		case errors.Is(err, capture.ErrIdle):
			w.beat(time.Now().Add(-2 * latency).UnixNano())
		case errors.Is(err, io.EOF):
			return fmt.Errorf("every interface is gone; what was captured is reported")
		default:
			return err
		}
		if (err != nil || w.decoder.Packets&0xff == 0) && w.over(ctx) {
			return w.rest(&p)
		}
	}
	return nil
}

// over says whether the outside ends the capture. Beside a command, interrupts
// are the command's.
func (w *watcher) over(ctx context.Context) bool {
	if !w.deadline.IsZero() && !time.Now().Before(w.deadline) {
		return true
	}
	if w.command != nil {
		return w.command.over()
	}
	return ctx.Err() != nil
}

// rest takes the packets from before the end that the kernel still has.
func (w *watcher) rest(p *capture.Packet) error {
	end := time.Now()
	for time.Since(end) < drain {
		switch err := w.src.Next(p); {
		case errors.Is(err, capture.ErrIdle):
		case err != nil || p.Time > end.UnixNano():
			return nil
		default:
			w.packet(p)
		}
	}
	return nil
}

func (w *watcher) packet(p *capture.Packet) {
	if w.backlog != nil {
		w.backlog.add(p)
		if p.Time >= w.nextBeat {
			w.release(p.Time - int64(behind))
			w.beat(p.Time)
		}
		return
	}
	w.take(p)
	if p.Time >= w.nextBeat {
		w.beat(p.Time)
	}
}

// take hands a packet to the decoder.
func (w *watcher) take(p *capture.Packet) {
	w.decoder.Packet(p)
	switch tcp, stream, ok := w.decoder.Conn(); {
	case w.dump == nil:
	case w.recent == nil:
		w.dump.write(p)
	case ok:
		w.recent.add(flowID{tcp, stream}, p)
	}
}

// written lets the file be as new as the capture, and says when it cannot be.
func (w *watcher) written() {
	if w.dump == nil || w.dump.told {
		return
	}
	if err := w.dump.flush(); err != nil {
		w.dump.told, w.trouble = true, true
		w.status.clear()
		complain(w.std, fmt.Errorf("%w; the capture goes on", err))
	}
}

// release lets go of the packets that waited for their secrets.
func (w *watcher) release(before int64) {
	if w.backlog != nil {
		w.backlog.release(before, w.decoder.AddSecrets, w.take)
	}
}

// beat does what is to be done four times a second.
func (w *watcher) beat(now int64) {
	if now < w.nextBeat {
		return
	}
	w.nextBeat = now + int64(beat)
	if w.backlog != nil {
		now -= int64(behind)
		w.release(now)
	}
	w.decoder.Tick(now)
	w.decoder.Waiting(now-int64(w.o.timeout), w.waiting)
	w.analyzer.Settle()
	w.written()
	w.status.show()
}

// brief and handle take what the decoder finds.
func (w *watcher) brief(b *decode.Brief) bool {
	if tcp, stream, ok := w.decoder.Conn(); ok && stream == b.Stream { // else it goes by its age
		w.forget(flowID{tcp, stream})
	}
	if w.command != nil {
		return w.whose(false, b.Client, b.Server) != foreign
	}
	whole := w.analyzer.Brief(b)
	if !whole && (!w.o.narrows() || w.o.match(analyze.Ends{Client: b.Client, Server: b.Server, SNI: string(b.SNI), Stream: b.Stream})) {
		w.count(1)
	}
	return whole
}

func (w *watcher) handle(h *decode.Handshake) {
	id := flowID{h.Transport == decode.TCP, h.Stream}
	defer w.forget(id)
	if !w.mine(h) {
		return
	}
	w.analyzer.Add(h)
	told := w.judge(h)
	if (told || h.TLS || h.Wanted) && !w.early[id] && w.wanted(h) {
		w.count(1)
	}
	delete(w.early, id)
}

// forget gives up the packets of a connection that is over.
func (w *watcher) forget(id flowID) {
	if w.recent != nil {
		w.recent.forget(id)
	}
}

// waiting takes a handshake that fell silent and may go on.
func (w *watcher) waiting(h *decode.Handshake) {
	if w.command != nil && w.whose(h.Transport != decode.TCP, h.Client, h.Server) == foreign {
		return
	}
	if id := (flowID{h.Transport == decode.TCP, h.Stream}); w.judge(h) && !w.early[id] {
		w.early[id] = true
		w.count(1)
	}
}

// judge tells of a handshake that is news.
func (w *watcher) judge(h *decode.Handshake) bool {
	v := w.analyzer.Verdict(h)
	if v == nil {
		return false
	}
	if w.recent != nil && v.Outcome == analyze.Failed {
		w.recent.failed(flowID{h.Transport == decode.TCP, h.Stream}, v)
	}
	if !w.numbered() {
		v.WithoutFrames()
	}
	w.out.tell(v)
	if v.Outcome == analyze.Failed {
		w.ended = w.ended || w.o.untilFailure
	}
	return true
}

func (w *watcher) wanted(h *decode.Handshake) bool {
	if !w.o.narrows() {
		return true
	}
	e := analyze.Ends{Client: h.Client, Server: h.Server, Stream: h.Stream}
	if ch, _ := h.ClientHello(); ch != nil {
		e.SNI = ch.ServerName
	}
	return w.o.match(e)
}

func (w *watcher) count(n int) {
	w.judged += n
	w.ended = w.ended || w.o.count > 0 && w.judged >= w.o.count
}

// summary is what the report says of the capture.
func (w *watcher) summary() analyze.Capture {
	d := w.decoder
	c := analyze.Capture{File: "interface", Packets: d.Packets, Bytes: d.Bytes, Dropped: int(w.src.Dropped())}
	if d.First != 0 {
		c.First, c.Last = time.Unix(0, d.First).UTC(), time.Unix(0, d.Last).UTC()
	}
	for _, i := range w.src.Interfaces() {
		if name := i.LinkType.String(); len(c.LinkTypes) == 0 || c.LinkTypes[len(c.LinkTypes)-1] != name {
			c.LinkTypes = append(c.LinkTypes, name)
		}
	}
	for _, text := range w.src.Warnings() {
		c.Warnings = append(c.Warnings, analyze.T("common/capture-warning", analyze.Word(text)))
	}
	if w.doubt > 0 {
		c.Warnings = append(c.Warnings, analyze.T("common/live-by-time", analyze.Count(w.doubt)))
	}
	if c.Dropped > 0 {
		c.Warnings = append(c.Warnings, analyze.T("common/live-dropped", analyze.Count(c.Dropped)))
	}
	return c
}

// tell writes what was odd.
func (w *watcher) tell() {
	if w.o.quiet {
		return
	}
	for _, text := range w.src.Warnings() {
		fmt.Fprintf(w.std.err, "tlswhy: warning: %s\n", printable(text))
	}
	if n := w.src.Dropped(); n > 0 {
		fmt.Fprintf(w.std.err, "tlswhy: warning: the kernel dropped %d packets: narrow the capture with -f, or enlarge --buffer-size\n", n)
	}
}

// announcer tells of handshakes as they end.
type announcer struct {
	live   *render.Live
	status *status
	w      io.Writer
	write  func(io.Writer, *analyze.Handshake) error
	err    error
}

// newAnnouncer chooses where to: lines go to standard output, unless a format
// for programs goes there.
func newAnnouncer(w *watcher) *announcer {
	opt := renderOptions(w.o, w.std)
	a := &announcer{live: render.NewLive(opt), status: w.status, w: w.std.out}
	switch {
	case w.o.stdout && w.o.format.Name == "ndjson":
		a.write = a.live.JSON
	case len(w.o.command) > 0 || w.o.quiet && !w.o.stdout:
		a.w = io.Discard
		a.write = a.live.Line
	default:
		a.write = a.live.Line
		if !w.o.stdout || w.o.format.Name != "text" {
			a.w = w.std.err
		}
	}
	return a
}

func (a *announcer) tell(h *analyze.Handshake) {
	a.status.clear()
	if a.err == nil {
		a.err = a.write(a.w, h)
	}
}
