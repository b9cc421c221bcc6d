package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	flag "github.com/spf13/pflag"

	"tlswhy/analyze/render"
	"tlswhy/decode/capturetest"
)

// result is what a run of the command did.
type result struct {
	status      int
	out, errors string
}

func tlswhy(t *testing.T, stdin io.Reader, args ...string) result {
	t.Helper()
	var out, errors bytes.Buffer
	if stdin == nil {
		stdin = strings.NewReader("")
	}
	status := run(context.Background(), args, streams{in: stdin, out: &out, err: &errors, getenv: func(string) string { return "" }})
	return result{status, out.String(), errors.String()}
}

// refusedCapture is a connection that the server ends with alert 40.
func refusedCapture(name string) []byte {
	b := capturetest.New()
	c := b.TCP("10.0.0.1:50000", "10.0.0.2:443")
	c.Open()
	c.Client(capturetest.NewClientHello(name).Record())
	c.Server(capturetest.Alert(2, 40))
	c.Close(capturetest.Server)
	return b.Pcap()
}

// healthyCapture is a complete handshake of TLS 1.2 with data both ways.
func healthyCapture() []byte {
	b := capturetest.New()
	c := b.TCP("10.0.0.1:50001", "10.0.0.2:443")
	c.Open()
	c.Client(capturetest.NewClientHello("www.example.com").Record())
	c.Server(capturetest.ServerFlight12(capturetest.SelfSigned("www.example.com").Raw))
	c.Client(capturetest.ClientFlight12())
	c.Server(capturetest.ServerFinish12())
	c.Client(capturetest.ApplicationData(100))
	c.Server(capturetest.ApplicationData(1000))
	c.Close(capturetest.Client)
	return b.Pcap()
}

func write(t *testing.T, name string, content []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestExitStatus(t *testing.T) {
	bad, good := write(t, "bad.pcap", refusedCapture("a.example")), write(t, "good.pcap", healthyCapture())
	whole := healthyCapture()
	cut := write(t, "cut.pcap", whole[:len(whole)-10])
	junk := write(t, "junk", []byte("this is no capture, whatever its name says"))
	empty := write(t, "empty.pcap", whole[:24])
	missing := filepath.Join(t.TempDir(), "missing.pcap")
	for _, c := range []struct {
		name   string
		args   []string
		status int
		out    string // in standard output
		err    string // in standard error
	}{
		{"no arguments", nil, 2, "", "usage: tlswhy"},
		{"failed", []string{bad}, 1, "error[", ""},
		{"nothing failed", []string{good}, 0, "Nothing failed.", ""},
		{"both", []string{good, bad}, 1, "error[", ""},
		{"read", []string{"-r", good, bad}, 1, "error[", ""},
		{"no packets", []string{empty}, 0, "No packets", ""},
		{"missing", []string{missing}, 2, "", "missing.pcap cannot be opened: no such file"},
		{"missing beside bad", []string{missing, bad}, 2, "error[", "missing.pcap cannot be opened"},
		{"cut", []string{cut}, 2, "handshake", "cut.pcap"},
		{"junk", []string{junk}, 2, "", "junk"},
		{"directory", []string{t.TempDir()}, 2, "", "is a directory"},
		{"narrowed away", []string{"--port", "993", bad}, 0, "No TLS handshake", ""},
		{"narrowed to it", []string{"--port", "443", "--sni", "A.example", "--server", "10.0.0.0/8", "--client", "10.0.0.1:50000", "--stream", "0", bad}, 1, "error[", ""},
		{"other server", []string{"--server", "10.0.0.3", bad}, 0, "", ""},
		{"wildcard", []string{"--sni", "*.example", bad}, 1, "error[", ""},
		{"help", []string{"-h"}, 0, "usage:", ""},
		{"version", []string{"--version"}, 0, "tlswhy ", ""},
		{"findings", []string{"--list-findings"}, 0, "cipher-no-overlap", ""},
		{"ports", []string{"--list-ports"}, 0, "443\n", ""},
		{"explain", []string{"--explain", "40"}, 0, "handshake_failure", ""},
		{"explain unquoted", []string{"--explain", "sslv3", "alert", "handshake", "failure"}, 0, "alert 40", ""},
		{"explain a negative number", []string{"--explain", "-30592"}, 0, "Mbed TLS", ""},
		{"explain nothing", []string{"--explain", "qwertz"}, 2, "", "nothing is known of"},
		{"unknown flag", []string{"--serve", "x", bad}, 2, "", "did you mean --server?"},
		{"bad port", []string{"--port", "0", bad}, 2, "", "no port"},
		{"bad server", []string{"--server", "example.com", bad}, 2, "", "no address"},
		{"bad stream", []string{"--stream", "-1", bad}, 2, "", "begin with 0"},
		{"bad format", []string{"--format", "xml", bad}, 2, "", "unknown format"},
		{"bad color", []string{"--color", "yes", bad}, 2, "", "unknown --color"},
		{"bad language", []string{"--lang", "fr", bad}, 2, "", "unknown --lang"},
		{"bad timeout", []string{"--timeout", "0s", bad}, 2, "", "--timeout"},
		{"bad roots", []string{"--roots", missing, bad}, 2, "", "--roots"},
		{"roots of nothing", []string{"--roots", junk, bad}, 2, "", "no PEM certificate"},
		{"bad output", []string{"-o", "report.doc", bad}, 2, "", "names no format"},
		{"format without standard output", []string{"--format", "json", "-o", "report.json", bad}, 2, "", "-o -"},
		{"standard input twice", []string{"-", "-"}, 2, "", "only once"},
		{"nothing to read", []string{"-a"}, 2, "", "no capture"},
	} {
		got := tlswhy(t, nil, c.args...)
		if got.status != c.status || !strings.Contains(got.out, c.out) || !strings.Contains(got.errors, c.err) {
			t.Errorf("%s: status %d, want %d\nout: %.300s\nerr: %s", c.name, got.status, c.status, got.out, got.errors)
		}
		if c.err == "" && got.errors != "" {
			t.Errorf("%s: says %q", c.name, got.errors)
		}
		if c.err != "" && c.name != "no arguments" && c.name != "missing beside bad" {
			for l := range strings.Lines(got.errors) {
				if !strings.HasPrefix(l, "tlswhy: ") || strings.HasPrefix(l, "tlswhy: T") {
					t.Errorf("%s: no line in lower case: %q", c.name, l)
				}
			}
		}
	}
}

// Every flag that works is in the help, and the help has no flag that is not.
func TestHelpNamesEveryFlag(t *testing.T) {
	var r raw
	help := usage()
	for _, name := range flagNames(newFlags(&r)) {
		if !strings.Contains(help, "--"+name) && !strings.Contains(help, "-"+newFlags(&r).Lookup(name).Shorthand+",") {
			t.Errorf("--%s is not in the help", name)
		}
	}
	for _, word := range strings.FieldsFunc(help, func(r rune) bool { return strings.ContainsRune(" ,\n()[];|.", r) }) {
		if name, ok := strings.CutPrefix(word, "--"); ok && name != "" && newFlags(&r).Lookup(name) == nil {
			t.Errorf("the help has %s, which is no flag", word)
		}
	}
	for i, l := range strings.Split(help, "\n") {
		if len(l) > 80 {
			t.Errorf("line %d of the help has %d columns", i+1, len(l))
		}
	}
}

func TestFormats(t *testing.T) {
	file := write(t, "bad.pcap", refusedCapture("a.example"))
	for _, f := range render.Formats() {
		first := tlswhy(t, nil, "--format", f.Name, "--all", file)
		if first.status != 1 || first.out == "" {
			t.Errorf("%s: %+v", f.Name, first)
		}
		if again := tlswhy(t, nil, "--format", f.Name, "--all", file); again.out != first.out {
			t.Errorf("%s differs from run to run", f.Name)
		}
		for _, ext := range f.Extensions {
			out := filepath.Join(t.TempDir(), "report"+ext)
			got := tlswhy(t, nil, "-o", out, "-a", file)
			text, err := os.ReadFile(out)
			if err != nil || got.out != "" || got.status != 1 || string(text) != first.out {
				t.Errorf("-o report%s: %v, %+v", ext, err, got)
			}
		}
	}
}

func TestOutputFiles(t *testing.T) {
	file := write(t, "bad.pcap", refusedCapture("a.example"))
	dir := t.TempDir()
	out := filepath.Join(dir, "report.json")
	if got := tlswhy(t, nil, "-o", out, "-o", "-", file); got.status != 1 || !strings.Contains(got.out, "error[") {
		t.Errorf("with -o -: %+v", got)
	}
	if got := tlswhy(t, nil, "-o", out, file); got.status != 2 || !strings.Contains(got.errors, "--force") {
		t.Errorf("overwrites: %+v", got)
	}
	os.WriteFile(out, []byte("old"), 0o600)
	if got := tlswhy(t, nil, "-o", out, "--force", file); got.status != 1 {
		t.Errorf("--force: %+v", got)
	}
	if text, _ := os.ReadFile(out); !json.Valid(text) {
		t.Errorf("--force left %q", text)
	}
	if got := tlswhy(t, nil, "-o", filepath.Join(dir, "no", "such.txt"), file); got.status != 2 || !strings.Contains(got.errors, "cannot be written") {
		t.Errorf("no directory: %+v", got)
	}
	if got := tlswhy(t, nil, "-o", out, "-o", out, "--force", file); got.status != 2 || !strings.Contains(got.errors, "twice") {
		t.Errorf("twice: %+v", got)
	}
	capture := write(t, "in.json", refusedCapture("a.example"))
	if got := tlswhy(t, nil, "-o", capture, "--force", capture); got.status != 2 || !strings.Contains(got.errors, "one of the inputs") {
		t.Errorf("overwrites its input: %+v", got)
	}
	left, _ := filepath.Glob(filepath.Join(dir, ".*"))
	if len(left) > 0 {
		t.Errorf("leaves %v", left)
	}
}

func TestStandardInput(t *testing.T) {
	got := tlswhy(t, bytes.NewReader(refusedCapture("a.example")), "--format", "json", "-")
	if got.status != 1 || !strings.Contains(got.out, `"file": "-"`) {
		t.Errorf("%d %s %.200s", got.status, got.errors, got.out)
	}
}

func TestQuietAndVerbose(t *testing.T) {
	file := write(t, "bad.pcap", refusedCapture("a.example"))
	if got := tlswhy(t, nil, "-v", file); !strings.Contains(got.errors, "bad.pcap: pcap, ") {
		t.Errorf("-v: %q", got.errors)
	}
	if got := tlswhy(t, nil, "-q", "-v", file); got.errors != "" || got.out == "" {
		t.Errorf("-q: %+v", got)
	}
}

// A reader that has gone away is no error.
func TestBrokenPipe(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	defer w.Close()
	var errors bytes.Buffer
	status := run(context.Background(), []string{write(t, "bad.pcap", refusedCapture("a.example"))}, streams{in: strings.NewReader(""), out: brokenPipe{w}, err: &errors, getenv: os.Getenv})
	if status != 1 || errors.Len() > 0 {
		t.Errorf("status %d, %q", status, errors.String())
	}
}

// brokenPipe keeps the runtime from taking the pipe for standard output.
type brokenPipe struct{ f *os.File }

func (b brokenPipe) Write(p []byte) (int, error) { return b.f.Write(p) }

// An interrupt ends the reading of a pipe that stays open; what came until
// then is reported.
func TestInterrupt(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	r, w := io.Pipe()
	go func() {
		w.Write(refusedCapture("a.example"))
		cancel()
	}()
	var out, errors bytes.Buffer
	status := run(ctx, []string{"-"}, streams{in: r, out: &out, err: &errors, getenv: func(string) string { return "" }})
	if status != 2 || !strings.Contains(errors.String(), "interrupted") {
		t.Errorf("status %d, %q, %.100s", status, errors.String(), out.String())
	}
	w.Close()
}

// flagNames lists the flags in the order of their declaration.
func flagNames(f *flag.FlagSet) []string {
	var names []string
	f.VisitAll(func(fl *flag.Flag) { names = append(names, fl.Name) })
	return names
}

// A filter takes packets by what tcpdump means with it. Those that it leaves
// out still count for the numbers of frames and streams.
func TestFilter(t *testing.T) {
	b := capturetest.New()
	for i, name := range []string{"a.example", "b.example", "c.example"} {
		c := b.TCP(fmt.Sprintf("10.0.0.1:%d", 50000+i), fmt.Sprintf("10.0.0.%d:443", 2+i))
		c.Open()
		c.Client(capturetest.NewClientHello(name).Record())
		c.Server(capturetest.Alert(2, 40))
		c.Close(capturetest.Server)
	}
	file := write(t, "three.pcap", b.Pcap())
	whole := tlswhy(t, nil, "--format", "ndjson", file)
	lines := strings.Split(strings.TrimSpace(whole.out), "\n")
	if len(lines) != 4 {
		t.Fatalf("%d lines: %s", len(lines), whole.out)
	}
	one := tlswhy(t, nil, "--format", "ndjson", "-f", "host 10.0.0.3", file)
	got := strings.Split(strings.TrimSpace(one.out), "\n")
	if len(got) != 2 || one.status != 1 {
		t.Fatalf("status %d, %d lines: %s", one.status, len(got), one.out)
	}
	cut := func(s string) string { _, after, _ := strings.Cut(s, `"revision"`); return after }
	if cut(got[0]) != cut(lines[1]) || !strings.Contains(got[0], `"stream":1,`) {
		t.Errorf("with a filter:\n%s\nwithout:\n%s", got[0], lines[1])
	}
	for filter, status := range map[string]int{"port 80": 0, "tcp[tcpflags] & tcp-syn != 0": 0, "not tcp or not port 80": 1, "tcp and": 2, "ether host 10.0.0.1": 2} {
		if r := tlswhy(t, nil, "-f", filter, file); r.status != status || (status == 2) != strings.Contains(r.errors, "filter") {
			t.Errorf("%s: status %d, want %d: %s%s", filter, r.status, status, r.errors, r.out)
		}
	}
	if r := tlswhy(t, nil, "--exact-filter", file); r.status != 2 {
		t.Errorf("--exact-filter alone: status %d", r.status)
	}
}
