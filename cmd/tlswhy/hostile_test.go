//go:build unix

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"tlswhy/analyze/reporttest"
	"tlswhy/decode/capture"
)

// The run over mutated captures reads two variables:
//
//	MUTATIONS=200      how many of each capture (fixed seed; without it one of every second one)
//	MUTATED=FILE:17    only that one, and its bytes stay in the folder for temporary files
const (
	mutationsVariable = "MUTATIONS"
	mutatedVariable   = "MUTATED"
)

const (
	maxProcess  = 256 << 20       // bytes of memory, whatever the capture
	slowest     = 10              // times as long as the capture as it was …
	leastAlarm  = 5 * time.Second // … of processor time: a busy machine is no hang
	patience    = 3 * time.Minute // for one that waits
	longestSeed = 3 << 20         // bytes of captures that are mutated: their own tests take the larger ones
)

// seeds lists the captures of testdata and of ../shared.
func seeds(t *testing.T) []string {
	all := recorded(t)
	for _, dir := range []string{"../shared/lab", "../shared/corpus", "../shared/links"} {
		err := filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
			if err == nil && e.Type().IsRegular() && !slices.Contains([]string{".tsv", ".md", ".py", ".pem", ".txt", ".log", ".json"}, filepath.Ext(name)) {
				all = append(all, filepath.ToSlash(name))
			}
			return err
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
	}
	return all
}

// TestMutated takes captures, changes them in ways no tool does, and goes the
// whole way to every format: nothing panics, hangs or grows, and what comes
// out is valid.
func TestMutated(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	root(t)
	h := newHostile(t)
	each, first := h.wanted()
	n, step := 0, 1
	if each == 0 {
		step = sampled
	}
	for k := range max(each, 1) {
		for i := 0; i < len(h.names); i += step {
			number := first + k
			if each == 0 {
				number = i / step % len(variants)
			}
			h.try(h.names[i], number, os.Getenv(mutatedVariable) != "")
			n++
		}
	}
	if n == 0 {
		t.Fatal("nothing was tried")
	}
	if h.told < n/3 && len(h.names) > 1 {
		t.Errorf("only %d of %d have a handshake left: the changes are too coarse to try much", h.told, n)
	}
	t.Logf("%d mutated captures of %d, %d with handshakes; at most %d MiB", n, len(h.names), h.told, h.peak>>20)
}

// sampled: without MUTATIONS one capture in so many is changed, once, and each
// with other flags than the one before.
const sampled = 2

// hostile runs mutated captures.
type hostile struct {
	t      *testing.T
	schema *reporttest.Schema
	dir    string
	names  []string
	others [][]byte
	peak   uint64        // bytes
	told   int           // reports with a handshake
	used   time.Duration // processor time of the last run
}

func newHostile(t *testing.T) *hostile {
	gc, limit := debug.SetGCPercent(-1), debug.SetMemoryLimit(-1)
	t.Cleanup(func() { debug.SetGCPercent(gc); debug.SetMemoryLimit(limit) })
	economize() // as main does
	schema, err := reporttest.LoadSchema("analyze/schema.json")
	if err != nil {
		t.Fatal(err)
	}
	h := &hostile{t: t, schema: schema, dir: t.TempDir(), names: seeds(t)}
	for i := range 64 {
		b := h.seed(h.names[i*len(h.names)/64])
		if len(b) < 64<<10 {
			h.others = append(h.others, b)
		}
	}
	return h
}

// wanted is how many mutations of each capture are asked for, and the first.
func (h *hostile) wanted() (each, first int) {
	if s := os.Getenv(mutatedVariable); s != "" {
		i := strings.LastIndexByte(s, ':')
		n, err := strconv.Atoi(s[i+1:])
		if err != nil || i < 0 {
			h.t.Fatalf("%s=%s is not FILE:NUMBER", mutatedVariable, s)
		}
		h.names = []string{s[:i]}
		return 1, n
	}
	if s := os.Getenv(mutationsVariable); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 {
			h.t.Fatalf("%s=%s is no number", mutationsVariable, s)
		}
		return n, 0
	}
	return 0, 0
}

func (h *hostile) seed(name string) []byte {
	b, err := os.ReadFile(name)
	if err != nil {
		h.t.Fatal(err)
	}
	return unpacked(b)
}

// try runs one mutation of a capture.
func (h *hostile) try(name string, number int, keep bool) {
	file := h.seed(name)
	if len(file) > longestSeed {
		return
	}
	sum := fnv.New64a()
	io.WriteString(sum, name)
	m := &mutator{rand.New(rand.NewPCG(sum.Sum64(), uint64(number))), h.others}
	bad := m.mutate(file)
	in := filepath.Join(h.dir, "mutated.pcap")
	if keep {
		in = filepath.Join(os.TempDir(), fmt.Sprintf("mutated-%d.pcap", number))
		h.t.Log(in)
	}
	if err := os.WriteFile(in, bad, 0o600); err != nil {
		h.t.Fatal(err)
	}
	usual := slowest * time.Duration(len(bad)+len(file)) * time.Microsecond // generous: a megabyte a second
	err := h.run(in, number, max(usual, leastAlarm))
	if errors.Is(err, errHangs) { // and goes on
		h.t.Fatalf("%s=%s:%d: %v", mutatedVariable, name, number, err)
	}
	if err != nil {
		h.t.Errorf("%s=%s:%d: %v", mutatedVariable, name, number, err)
	}
}

// variants are flags that lead other ways.
var variants = [][]string{
	{"--all"}, {}, {"--redact"}, {"--all", "--lang", "zh"}, {"--only", "failed"},
	{"--all", "--redact"}, {"--only", "failed", "--redact"}, {"--with-secrets"}, {"-f", "tcp or udp"}, {"--all", "--port", "443", "--timeout", "1s"},
}

// reports are all formats. The last is the capture with its comments.
var reports = []string{"text .txt", "markdown .md", "html .html", "json .json", "ndjson .ndjson", " .pcapng"}

// run analyses one file and writes every format.
func (h *hostile) run(in string, number int, alarm time.Duration) error {
	args := append([]string{"-q", "--force"}, variants[number%len(variants)]...)
	for _, r := range reports {
		_, ext, _ := strings.Cut(r, " ")
		args = append(args, "-o", filepath.Join(h.dir, "out"+ext))
		os.Remove(filepath.Join(h.dir, "out"+ext))
	}
	mostly := h.measured(alarm, func() error {
		status := run(context.Background(), append(args, in), streams{strings.NewReader(""), io.Discard, io.Discard, func(string) string { return "" }, nil})
		if status < 0 || status > statusTrouble {
			return fmt.Errorf("status %d", status)
		}
		return nil
	})
	if mostly != nil {
		return mostly
	}
	for _, r := range reports {
		format, ext, _ := strings.Cut(r, " ")
		if err := h.check(format, filepath.Join(h.dir, "out"+ext)); err != nil {
			return fmt.Errorf("%s: %w", ext, err)
		}
	}
	return nil
}

// check looks at one output. There is none when nothing could be read.
func (h *hostile) check(format, file string) error {
	b, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil || format != "" {
		if format == "ndjson" && bytes.Contains(b, []byte(`"outcome":`)) {
			h.told++
		}
		return errors.Join(err, h.schema.Check(format, b))
	}
	return readable(file)
}

// readable follows a capture that was written to its end.
func readable(file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	r, err := capture.NewReader(f, "written")
	if err != nil {
		return err
	}
	var p capture.Packet
	for {
		if err := r.Next(&p); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		for _, c := range p.Comments() {
			for line := range strings.Lines(c) {
				if err := reporttest.Printable([]byte(line), false); err != nil && strings.Contains(c, "tlswhy ") {
					return err
				}
			}
		}
	}
}

// measured calls f under the alarm and watches the memory of the process.
func (h *hostile) measured(alarm time.Duration, f func() error) (err error) {
	if mapped() > maxProcess/4 {
		debug.FreeOSMemory()
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
			}
		}()
		err = f()
	}()
	var peak uint64
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	began, used := time.Now(), processor()
	for {
		select {
		case <-done:
			h.peak, h.used = max(h.peak, peak), processor()-used
			if peak > maxProcess && err == nil {
				err = fmt.Errorf("%d MiB of memory", peak>>20)
			}
			return err
		case <-tick.C:
			peak = max(peak, mapped())
			if processor()-used < alarm && time.Since(began) < patience {
				continue
			}
			stacks := make([]byte, 64<<10)
			return fmt.Errorf("%w: not done after %v\n%s", errHangs, alarm, stacks[:runtime.Stack(stacks, true)])
		}
	}
}

var errHangs = errors.New("hangs")

// processor is the time that the process has used.
func processor() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// mapped is what the process takes of the system.
func mapped() uint64 {
	s := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64() - s[1].Value.Uint64()
}
