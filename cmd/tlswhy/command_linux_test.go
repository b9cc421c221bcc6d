package main

import (
	"crypto/ed25519"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestMain lets the test program stand in for the command that a capture runs
// beside, and for the program itself where signals and rights are tried.
func TestMain(m *testing.M) {
	switch {
	case os.Getenv("TLSWHY_CLIENT") != "":
		os.Exit(client(os.Getenv("TLSWHY_CLIENT")))
	case os.Getenv("TLSWHY_HOLD") != "":
		c, err := net.Dial("tcp", os.Getenv("TLSWHY_HOLD"))
		if err != nil {
			os.Exit(4)
		}
		fmt.Println(c.LocalAddr())
		_, _ = io.ReadAll(os.Stdin)
		os.Exit(0)
	case os.Getenv("TLSWHY_MAIN") != "":
		os.Args = append([]string{"tlswhy"}, os.Args[1:]...)
		main()
	}
	os.Exit(m.Run())
}

// client asks a server for TLS and trusts nobody. Its status is 3.
func client(addr string) int {
	fmt.Println("the client speaks")
	time.Sleep(50 * time.Millisecond)
	conf := &tls.Config{ServerName: "live.test"}
	if name := os.Getenv("SSLKEYLOGFILE"); name != "" {
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND, 0)
		if err != nil {
			fmt.Println(err)
			return 4
		}
		defer f.Close()
		conf.KeyLogWriter = f
	}
	if c, err := tls.Dial("tcp", addr, conf); err == nil {
		c.Close()
		return 0
	}
	return 3
}

// server answers on loopback until the test ends.
func server(t *testing.T) string {
	t.Helper()
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"live.test"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(nil, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert := tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{cert}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				_ = c.(*tls.Conn).Handshake()
				_, _ = c.Read(make([]byte, 1))
				c.Close()
			}()
		}
	}()
	return l.Addr().String()
}

// Beside a command, only its connections are reported; output and status stay
// its own, and with its secrets the alert that TLS 1.3 hides is read.
func TestLiveCommand(t *testing.T) {
	root(t)
	ns := lab(t)
	if _, err := exec.LookPath("nsenter"); err != nil {
		t.Skip("nsenter(1) is not there")
	}
	addr := server(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("TLSWHY_CLIENT", addr)
	report := filepath.Join(t.TempDir(), "report.json")
	c := runLive(t, "-i", "lo", "--netns", ns, "--keylog", "auto", "-a", "-o", report, "--", "nsenter", "--net="+ns, self)
	if status := c.wait(t); status != statusFailed || c.out.String() != "the client speaks\n" {
		t.Errorf("status %d, out %q, err %q", status, c.out.String(), c.err.String())
	}
	b, err := os.ReadFile(report)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Command struct {
			Argv   []string
			Status int
		}
		Handshakes []struct {
			Outcome, Finding string
			Alerts           []struct {
				Name      string
				Encrypted bool
			}
		}
	}
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if got.Command.Status != 3 || len(got.Command.Argv) != 3 {
		t.Errorf("command %+v", got.Command)
	}
	if len(got.Handshakes) != 1 || got.Handshakes[0].Outcome != "failed" || len(got.Handshakes[0].Alerts) == 0 || got.Handshakes[0].Alerts[0].Name != "bad_certificate" {
		t.Errorf("handshakes %+v", got.Handshakes)
	}
	if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "tlswhy-keys-*")); len(left) > 0 && strings.HasPrefix(left[0], t.TempDir()) {
		t.Errorf("left behind: %v", left)
	}
}

// A connection of a process below this one is the command's, one of this
// process is somebody else's.
func TestOwners(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	other, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command("sh", "-c", self+"; true")
	c.Env = append(os.Environ(), "TLSWHY_HOLD="+l.Addr().String())
	in, _ := c.StdinPipe()
	out, _ := c.StdoutPipe()
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	defer c.Wait()
	defer in.Close()
	var text string
	if _, err := fmt.Fscan(out, &text); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	defer close(done)
	w := newOwners(done)
	server := l.Addr().(*net.TCPAddr).AddrPort()
	expect := func(client netip.AddrPort, want ownership) {
		t.Helper()
		for end := time.Now().Add(10 * time.Second); w.of(false, server, client) != want; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%s: %d, want %d", client, w.of(false, server, client), want)
			}
		}
	}
	expect(netip.MustParseAddrPort(text), ours)
	expect(other.LocalAddr().(*net.TCPAddr).AddrPort(), foreign)
	if got := w.of(false, server, netip.MustParseAddrPort("127.0.0.1:1")); got != unknown {
		t.Errorf("no connection at all: %d", got)
	}
}

func TestLiveCommandRefused(t *testing.T) {
	for _, c := range []struct {
		args []string
		err  string
	}{
		{[]string{"-i", "lo", "--"}, "no command"},
		{[]string{"-i", "lo", "--format", "json", "--", "true"}, "-o FILE"},
		{[]string{"--keylog", "auto", "x.pcap"}, "beside a live capture"},
		{[]string{"-i", "lo", "x.pcap"}, "either files or interfaces"},
		{[]string{"--duration", "1s", "x.pcap"}, "live capture"},
		{[]string{"-i", "lo", "--duration", "-1s"}, "--duration"},
		{[]string{"-i", "lo", "-B", "12Q"}, "no size"},
		{[]string{"-i", "lo", "-i", "lo"}, "twice"},
	} {
		if r := tlswhy(t, nil, c.args...); r.status != statusTrouble || !strings.Contains(r.errors, c.err) {
			t.Errorf("%q: %+v", c.args, r)
		}
	}
}
