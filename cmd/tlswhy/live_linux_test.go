package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tlswhy/decode/capture"
	"tlswhy/decode/capturetest"
)

// lab puts the test into a network namespace of its own, with lo and a pair
// veth va, vb, and returns a path by which others find it.
func lab(t *testing.T) string {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("not root: no network namespace can be made")
	}
	if _, err := exec.LookPath("ip"); err != nil {
		t.Skip("ip(8) is not there")
	}
	runtime.LockOSThread()
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		t.Skipf("no network namespace: %v", err)
	}
	for _, c := range []string{"link set lo up", "link add va type veth peer name vb", "link set va up", "link set vb up"} {
		if out, err := exec.Command("ip", strings.Fields(c)...).CombinedOutput(); err != nil {
			t.Fatalf("ip %s: %v: %s", c, err, out)
		}
	}
	return fmt.Sprintf("/proc/%d/task/%d/ns/net", os.Getpid(), unix.Gettid())
}

// lines is standard error that can be waited for.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// capturing runs a live capture in the background until stop is called.
type capturing struct {
	out, err lines
	status   chan int
	stop     context.CancelFunc
}

func startLive(t *testing.T, args ...string) *capturing {
	t.Helper()
	c := runLive(t, args...)
	c.until(t, &c.err, "capturing on")
	return c
}

func runLive(t *testing.T, args ...string) *capturing {
	t.Helper()
	c := &capturing{status: make(chan int, 1)}
	ctx, stop := context.WithCancel(context.Background())
	c.stop = stop
	t.Cleanup(stop)
	go func() {
		c.status <- run(ctx, args, streams{in: strings.NewReader(""), out: &c.out, err: &c.err, getenv: func(string) string { return "" }})
	}()
	return c
}

// until waits for a text.
func (c *capturing) until(t *testing.T, l *lines, text string) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !strings.Contains(l.String(), text); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never said %q\nout: %s\nerr: %s", text, c.out.String(), c.err.String())
		}
	}
}

func (c *capturing) wait(t *testing.T) int {
	t.Helper()
	select {
	case status := <-c.status:
		return status
	case <-time.After(10 * time.Second):
		t.Fatalf("does not end\nout: %s\nerr: %s", c.out.String(), c.err.String())
	}
	return -1
}

// refusal has a client that wants TLS 1.3 refused by a server that has not.
func refusal(t *testing.T) {
	t.Helper()
	cert := tls.Certificate{Certificate: [][]byte{capturetest.SelfSigned("live.test").Raw}, PrivateKey: ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))}
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{MaxVersion: tls.VersionTLS12, Certificates: []tls.Certificate{cert}})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		if c, err := l.Accept(); err == nil {
			_ = c.(*tls.Conn).Handshake()
			c.Close()
		}
	}()
	c, err := tls.Dial("tcp", l.Addr().String(), &tls.Config{MinVersion: tls.VersionTLS13, ServerName: "live.test"})
	if err == nil {
		c.Close()
		t.Fatal("no refusal")
	}
}

func TestLiveRefusal(t *testing.T) {
	root(t)
	ns := lab(t)
	c := startLive(t, "-i", "lo", "--netns", ns, "--until-failure")
	began := time.Now()
	refusal(t)
	if status := c.wait(t); status != statusFailed {
		t.Errorf("status %d", status)
	}
	if d := time.Since(began); d > 2*time.Second {
		t.Errorf("told after %s", d)
	}
	out := c.out.String()
	if n := strings.Count(out, "version-no-overlap]"); n != 2 {
		t.Errorf("told %d times, want a line and the report:\n%s", n, out)
	}
	if strings.Contains(out, "frame 1") || strings.Contains(out, "frames 1") {
		t.Errorf("numbers of frames that nobody keeps:\n%s", out)
	}
}

// An interrupt ends the capture with a report, NDJSON with its summary.
func TestLiveInterrupted(t *testing.T) {
	root(t)
	ns := lab(t)
	c := startLive(t, "-i", "any", "--netns", ns, "--format", "ndjson")
	refusal(t)
	c.until(t, &c.out, "version-no-overlap")
	c.stop()
	if status := c.wait(t); status != statusFailed {
		t.Errorf("status %d: %s", status, c.err.String())
	}
	out := strings.Split(strings.TrimSpace(c.out.String()), "\n")
	if len(out) != 2 || !strings.HasPrefix(out[0], `{"id":1,"revision":1,`) || !strings.Contains(out[1], `"failed":1`) {
		t.Errorf("%d lines:\n%s", len(out), c.out.String())
	}
	if strings.Contains(out[0], `"frame"`) || strings.Contains(out[0], `"first_frame"`) {
		t.Errorf("numbers of frames that nobody keeps: %s", out[0])
	}
}

// The kernel keeps away what a filter leaves out, on lo and, cooked, on any.
func TestLiveFilter(t *testing.T) {
	root(t)
	ns := lab(t)
	for _, name := range []string{"lo", "any"} {
		for filter, status := range map[string]int{"tcp and not port 1": statusFailed, "tcp port 1": statusOK} {
			c := startLive(t, "-i", name, "--netns", ns, "-f", filter, "--duration", "700ms")
			refusal(t)
			if got := c.wait(t); got != status {
				t.Errorf("%s, %s: status %d, want %d: %s", name, filter, got, status, c.out.String())
			}
		}
	}
	c := tlswhy(t, nil, "-i", "any", "--netns", ns, "-f", "ether host 02:00:00:00:00:01")
	if c.status != statusTrouble || !strings.Contains(c.errors, "Ethernet") {
		t.Errorf("a filter that any cannot do: %+v", c)
	}
}

// A SYN without an answer is told when the timeout is over, though nothing
// more comes.
func TestLiveSilence(t *testing.T) {
	root(t)
	ns := lab(t)
	if out, err := exec.Command("ip", "addr", "add", "10.9.9.1/24", "dev", "va").CombinedOutput(); err != nil {
		t.Fatal(string(out))
	}
	if out, err := exec.Command("ip", "neigh", "add", "10.9.9.2", "lladdr", "02:00:00:00:00:09", "dev", "va").CombinedOutput(); err != nil {
		t.Fatal(string(out))
	}
	c := startLive(t, "-i", "vb", "--netns", ns, "--timeout", "500ms", "--count", "1")
	began := time.Now()
	d := net.Dialer{Timeout: 600 * time.Millisecond}
	if conn, err := d.Dial("tcp", "10.9.9.2:443"); err == nil {
		conn.Close()
		t.Fatal("an answer")
	}
	if status := c.wait(t); status != statusFailed || !strings.Contains(c.out.String(), "tcp-syn-timeout") {
		t.Errorf("status %d: %s", status, c.out.String())
	}
	if d := time.Since(began); d > 3*time.Second {
		t.Errorf("told after %s", d)
	}
}

// replayed are captures of failures that do not hang on longer silences.
var replayed = []string{"negotiation", "server-cert", "client-cert", "message", "protocol", "starttls", "middlebox"}

// The verdicts of a live capture are those of the file of the same packets.
func TestLiveVerdicts(t *testing.T) {
	root(t)
	most := 12
	if testing.Short() {
		most = 4
	}
	file, frames, times := mixture(t, most)
	ns := lab(t)
	want := verdicts(t, tlswhy(t, nil, "--format", "json", file).out)
	if len(want) < 8 {
		t.Fatalf("only %d failures in the file", len(want))
	}
	c := startLive(t, "-i", "vb", "--netns", ns, "--format", "json")
	inject(t, "va", frames, times)
	time.Sleep(time.Second)
	c.stop()
	c.wait(t)
	got := verdicts(t, c.out.String())
	for id, v := range want {
		if got[id] != v {
			t.Errorf("%s: live %q, in the file %q", id, got[id], v)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d failures live, %d in the file", len(got), len(want))
	}
}

func verdicts(t *testing.T, report string) map[string]string {
	t.Helper()
	var r struct {
		Handshakes []struct {
			Client, Server, Outcome, Stage, Finding string
			Findings                                []struct{ Confidence, Fault, Summary string }
		}
	}
	if err := json.Unmarshal([]byte(report), &r); err != nil {
		t.Fatalf("%v: %.300s", err, report)
	}
	m := map[string]string{}
	for _, h := range r.Handshakes {
		m[h.Client+" "+h.Server] = fmt.Sprint(h.Outcome, h.Stage, h.Finding, h.Findings)
	}
	return m
}

// mixture puts captures beside each other, each a little later than the one
// before, with their own times.
func mixture(t *testing.T, most int) (file string, frames [][]byte, times []int64) {
	t.Helper()
	type packet struct {
		data []byte
		time int64
	}
	var all []packet
	taken := map[string]bool{}
	n := int64(0)
	for _, dir := range replayed {
		list, _ := filepath.Glob(filepath.Join("testdata", dir, "*.pcap"))
		for _, name := range list[:min(len(list), most)] {
			var mine []packet
			ok := eachPacket(t, name, func(p *capture.Packet, first int64) bool {
				mine = append(mine, packet{bytes.Clone(p.Data), p.Time - first + n*int64(30*time.Millisecond)})
				return p.LinkType == capture.LinkEthernet && p.Time-first < int64(time.Second) && len(p.Data) == p.Length && len(p.Data) < 1500
			})
			if key := ends(mine[0].data); ok && !taken[key] {
				taken[key] = true
				all = append(all, mine...)
				n++
			}
		}
	}
	slices.SortStableFunc(all, func(a, b packet) int { return cmp.Compare(a.time, b.time) })
	var b bytes.Buffer
	w := capture.NewWriter(&b)
	_ = w.WriteSection(capture.Section{})
	_, _ = w.AddInterface(capture.Interface{LinkType: capture.LinkEthernet})
	now := time.Now().UnixNano() // certificates are judged by it
	for _, p := range all {
		frames, times = append(frames, p.data), append(times, p.time)
		_ = w.WritePacket(0, &capture.Packet{Time: now + p.time, Data: p.data, Length: len(p.data)})
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return write(t, "mixture.pcapng", b.Bytes()), frames, times
}

// ends are the addresses and ports of a frame with IPv4 and TCP.
func ends(frame []byte) string { return string(frame[min(26, len(frame)):min(38, len(frame))]) }

func eachPacket(t *testing.T, name string, f func(p *capture.Packet, first int64) bool) bool {
	t.Helper()
	in, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	r, err := capture.NewReader(in, name)
	if err != nil {
		t.Fatal(err)
	}
	var p capture.Packet
	first := int64(0)
	for r.Next(&p) == nil {
		if first == 0 {
			first = p.Time
		}
		if !f(&p, first) {
			return false
		}
	}
	return true
}

// inject sends frames on an interface at their times.
func inject(t *testing.T, name string, frames [][]byte, times []int64) {
	t.Helper()
	i, err := net.InterfaceByName(name)
	if err != nil {
		t.Fatal(err)
	}
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	began := time.Now()
	for n, f := range frames {
		time.Sleep(time.Until(began.Add(time.Duration(times[n]))))
		if err := unix.Sendto(fd, f, 0, &unix.SockaddrLinklayer{Ifindex: i.Index}); err != nil {
			t.Fatal(err)
		}
	}
}

// What -w keeps is the capture, with the frame numbers that are told; with
// --only failed it is the failing connection, whole, and no other.
func TestLiveWrite(t *testing.T) {
	root(t)
	ns := lab(t)
	addr := server(t)
	for _, only := range []bool{false, true} {
		file := filepath.Join(t.TempDir(), "w.pcapng")
		args := []string{"-i", "lo", "--netns", ns, "--until-failure", "-w", file, "-o", "-", "--format", "ndjson"}
		if only {
			args = append(args, "--only", "failed")
		}
		c := startLive(t, args...)
		good, err := tls.Dial("tcp", addr, &tls.Config{InsecureSkipVerify: true})
		if err != nil {
			t.Fatal(err)
		}
		good.Close()
		refusal(t)
		if status := c.wait(t); status != statusFailed {
			t.Fatalf("status %d: %s", status, c.err.String())
		}
		again := tlswhy(t, nil, "-a", "--format", "ndjson", file)
		if n := strings.Count(again.out, `"outcome"`); n != map[bool]int{false: 2, true: 1}[only] || strings.Count(again.out, `"version-no-overlap"`) == 0 {
			t.Errorf("only failed %v: %d handshakes in the file: %s", only, n, again.out)
		}
		_, comments, interfaces := readAll(t, file)
		if len(interfaces) != 1 || interfaces[0].Name != "lo" {
			t.Errorf("interfaces %+v", interfaces)
		}
		if only != (len(comments) > 0 && strings.HasPrefix(comments[0], "tlswhy: error[version-no-overlap]")) {
			t.Errorf("only failed %v: comments %q", only, comments)
		}
		frames := func(s string) string {
			_, s, _ = strings.Cut(s, `"first_frame":`)
			s, _, _ = strings.Cut(s, `"outcome"`)
			return s
		}
		failed := again.out[strings.LastIndex(again.out[:strings.Index(again.out, `"outcome":"failed"`)], "\n")+1:]
		if got := frames(c.out.String()); !only && (got == "" || got != frames(failed)) {
			t.Errorf("frames %s live, %s in the file", got, frames(failed))
		}
		if r := tlswhy(t, nil, "-i", "lo", "-w", file); r.status != statusTrouble || !strings.Contains(r.errors, "--force") {
			t.Errorf("overwrites: %+v", r)
		}
	}
}

// A full disk ends the writing, not the watching.
func TestLiveFullDisk(t *testing.T) {
	root(t)
	ns := lab(t)
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=8k"); err != nil {
		t.Skipf("no small file system: %v", err)
	}
	defer unix.Unmount(dir, unix.MNT_DETACH)
	file := filepath.Join(dir, "w.pcapng")
	c := startLive(t, "-i", "lo", "--netns", ns, "-w", file)
	for range 20 {
		refusal(t)
	}
	c.until(t, &c.err, "no space left")
	refusal(t)
	time.Sleep(time.Second)
	c.stop()
	if status := c.wait(t); status != statusTrouble || !strings.Contains(c.out.String(), "21 handshakes") && !strings.Contains(c.out.String(), "21 of 21") {
		t.Errorf("status %d\n%s%.300s", status, c.err.String(), c.out.String())
	}
	readAll(t, file)
}

// After kill -9 the file can be read. Under sudo it belongs to the user who
// called, whose rights are all that the program has.
func TestLiveKilled(t *testing.T) {
	root(t)
	ns := lab(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "tlswhy-test-*")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "w.pcapng")
	cmd := exec.Command(self, "-i", "lo", "--netns", ns, "-w", file)
	cmd.Env = append(os.Environ(), "TLSWHY_MAIN=1", "SUDO_UID=65534", "SUDO_GID=65534")
	c := &capturing{}
	cmd.Stdout, cmd.Stderr = &c.out, &c.err
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	c.until(t, &c.err, "capturing on")
	refusal(t)
	c.until(t, &c.out, "version-no-overlap")
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Uid:\t65534\t65534\t65534\t65534", "CapPrm:\t0000000000000000", "CapEff:\t0000000000000000"} {
		if !strings.Contains(string(status), want) {
			t.Errorf("the process does not have %q:\n%s", want, status)
		}
	}
	time.Sleep(2 * beat)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if times, _, _ := readAll(t, file); len(times) < 5 {
		t.Errorf("only %d packets", len(times))
	}
	s, err := os.Stat(file)
	if err != nil || s.Sys().(*syscall.Stat_t).Uid != 65534 {
		t.Errorf("the file is not the user's: %v %+v", err, s)
	}
}
