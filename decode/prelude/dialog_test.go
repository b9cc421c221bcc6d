package prelude

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
)

// A script is what two sides say in turn: "C" and "S" and the bytes.
type turn struct {
	from Side
	text string
}

func c(s string) turn { return turn{Client, s} }
func s(s string) turn { return turn{Server, s} }

// unhex reads bytes written in hex, blanks allowed.
func unhex(t string) string {
	b, err := hex.DecodeString(strings.ReplaceAll(t, " ", ""))
	if err != nil {
		panic(err)
	}
	return string(b)
}

const hello = "\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00"

// outcome is all that a dialog tells.
type outcome struct {
	steps              []string
	protocol, upgrade  string
	state              State
	tunnel             string
	ready              bool // both sides
	left, clear, needs bool
	tls                [2]string // bytes from where TLS starts, or unwrapped
}

// play feeds a script, cut into pieces of at most size bytes, and stops
// feeding a side where its TLS starts.
func play(script []turn, size int) outcome {
	d := New()
	var o outcome
	var at [2]int64
	var over [2]bool
	for _, t := range script {
		b := []byte(t.text)
		for len(b) > 0 {
			piece := bytes.Clone(b[:min(size, len(b))])
			b = b[len(piece):]
			if over[t.from] {
				o.tls[t.from] += string(piece)
				continue
			}
			n, steps := d.Feed(t.from, at[t.from], piece)
			for _, st := range steps {
				o.steps = append(o.steps, describe(st))
			}
			for i := range o.tls {
				for _, ch := range d.TLS(Side(i)) {
					o.tls[i] += string(ch.Bytes)
				}
			}
			if n < len(piece) {
				if !d.Ready(t.from) {
					o.steps = append(o.steps, "BUG: bytes left but not ready")
				}
				over[t.from] = true
				o.tls[t.from] += string(piece[n:])
			}
			at[t.from] += int64(len(piece))
		}
	}
	kind, target := d.Tunnel()
	o.protocol, o.upgrade, o.state, o.tunnel = d.Protocol(), d.Upgrade(), d.State(), strings.TrimSpace(kind+" "+target)
	o.ready = d.Ready(Client) && d.Ready(Server)
	o.left, o.clear, o.needs = d.LeftAfterCapabilities(), d.InClear(), d.Required()
	return o
}

// describe writes a step in a line: side, offset+length, what, code.
func describe(s Step) string {
	side := "C"
	if s.From == Server {
		side = "S"
	}
	text := fmt.Sprintf("%s%d+%d %s", side, s.Offset, s.Length, s.What)
	if s.Code != 0 {
		text += fmt.Sprintf(" %d", s.Code)
	}
	return text
}

type dialogTest struct {
	name     string
	script   []turn
	steps    string // joined by "; "
	protocol string
	upgrade  string
	state    State
	tunnel   string
	ready    bool // both sides
	left     bool
	clear    bool
	needs    bool
	tls      [2]string
}

func check(t *testing.T, tests []dialogTest) {
	t.Helper()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := play(tt.script, 1<<20)
			want := outcome{steps: o.steps, protocol: tt.protocol, upgrade: tt.upgrade, state: tt.state, tunnel: tt.tunnel,
				ready: tt.ready, left: tt.left, clear: tt.clear, needs: tt.needs, tls: tt.tls}
			if got := strings.Join(o.steps, "; "); got != tt.steps {
				t.Errorf("steps\n got %s\nwant %s", got, tt.steps)
			}
			if got, want := fmt.Sprintf("%+v", o), fmt.Sprintf("%+v", want); got != want {
				t.Errorf("\n got %s\nwant %s", got, want)
			}
			for _, size := range []int{1, 2, 3, 7} {
				if cut := play(tt.script, size); fmt.Sprintf("%+v", cut) != fmt.Sprintf("%+v", o) {
					t.Errorf("in pieces of %d\n got %+v\nwant %+v", size, cut, o)
				}
			}
		})
	}
}

func TestMail(t *testing.T) {
	check(t, []dialogTest{
		{name: "smtp healthy", script: []turn{s("220 mail.lab.test ESMTP lab\r\n"), c("EHLO vm\r\n"),
			s("250-mail.lab.test\r\n250-PIPELINING\r\n250-STARTTLS\r\n250 SIZE 10240000\r\n"), c("starttls\r\n"),
			s("220 2.0.0 Ready to start TLS\r\n"), c(hello)},
			steps:    "S0+29 greeting 220; C0+9 hello; S29+68 offered 250; C9+10 starttls; S97+30 accepted 220",
			protocol: "smtp", upgrade: "smtp", state: Accepted, ready: true, tls: [2]string{hello, ""}},
		{name: "smtp refused", script: []turn{s("220 m.test ESMTP\r\n"), c("EHLO vm\r\n"), s("250-m\r\n250 STARTTLS\r\n"),
			c("STARTTLS\r\n"), s("454 4.7.0 TLS not available\r\n"), c("QUIT\r\n")},
			steps:    "S0+18 greeting 220; C0+9 hello; S18+21 offered 250; C9+10 starttls; S39+29 refused 454; C19+6 quit",
			protocol: "smtp", upgrade: "smtp", state: Refused},
		{name: "smtp not offered, client leaves", script: []turn{s("220 m.test ESMTP\r\n"), c("EHLO vm\r\n"), s("250-m\r\n250 SIZE 1\r\n"), c("QUIT\r\n"), s("221 Bye\r\n")},
			steps:    "S0+18 greeting 220; C0+9 hello; S18+19 not-offered 250; C9+6 quit",
			protocol: "smtp", state: NotOffered, left: true},
		{name: "smtp not offered, mail goes in the clear", script: []turn{s("220 m.test ESMTP\r\n"), c("EHLO vm\r\n"), s("250-m\r\n250 SIZE 1\r\n"),
			c("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n"), s("250 ok\r\n250 ok\r\n354 go\r\n"), c("STARTTLS\r\n.\r\n"), s("250 queued\r\n"), c("QUIT\r\n")},
			steps:    "S0+18 greeting 220; C0+9 hello; S18+19 not-offered 250; C9+17 login",
			protocol: "smtp", state: NotOffered, clear: true},
		{name: "smtp offered and not used", script: []turn{s("220 m.test ESMTP\r\n"), c("EHLO vm\r\n"), s("250-m\r\n250 STARTTLS\r\n"), c("QUIT\r\n")},
			steps:    "S0+18 greeting 220; C0+9 hello; S18+21 offered 250; C9+6 quit",
			protocol: "smtp", state: Offered, left: true},
		{name: "smtp stripped", script: []turn{s("220 m.test ESMTP\r\n"), c("EHLO vm\r\n"), s("250-m\r\n250-XXXXXXXA\r\n250 SIZE 1\r\n")},
			steps:    "S0+18 greeting 220; C0+9 hello; S18+33 stripped 250",
			protocol: "smtp", state: Stripped, left: true},
		{name: "smtp stripped both ways, TLS all the same", script: []turn{s("220 m.test ESMTP\r\n"), c("EHLO vm\r\n"), s("250-m\r\n250-XXXXXXXA\r\n250 SIZE 1\r\n"),
			c("STARTTLS\r\n"), s("502 5.5.2 Error: command not recognized\r\n"), c(hello), s("502 5.5.2 Error: command not recognized\r\n")},
			steps:    "S0+18 greeting 220; C0+9 hello; S18+33 stripped 250; C9+10 starttls; S51+41 refused 502; S92+41 error 502",
			protocol: "smtp", upgrade: "smtp", state: Stripped, tls: [2]string{hello, ""}},
		{name: "smtp command overwritten", script: []turn{s("220 m.test ESMTP\r\n"), c("EHLO vm\r\n"), s("250-m\r\n250 STARTTLS\r\n"),
			c("XXXXXXXX\r\n"), s("500 5.5.1 Command unrecognized: \"XXXXXXXX\"\r\n")},
			steps:    "S0+18 greeting 220; C0+9 hello; S18+21 offered 250; C9+10 stripped; S39+44 stripped 500",
			protocol: "smtp", state: Stripped},
		{name: "smtp reply quotes the overwritten command", script: []turn{s("220 m.test ESMTP\r\n"), c("EHLO vm\r\n"), s("250-m\r\n250 STARTTLS\r\n"),
			c("STARTTLS\r\n"), s("500 5.0.0 'XXXXXXXX': command not understood\r\n")},
			steps:    "S0+18 greeting 220; C0+9 hello; S18+21 offered 250; C9+10 starttls; S39+46 stripped 500",
			protocol: "smtp", upgrade: "smtp", state: Stripped},
		{name: "smtp required", script: []turn{s("220 m.test ESMTP\r\n"), c("EHLO vm\r\n"), s("250-m\r\n250 STARTTLS\r\n"),
			c("MAIL FROM:<a@b>\r\n"), s("530 5.7.0 Must issue a STARTTLS command first\r\n"), c("QUIT\r\n")},
			steps:    "S0+18 greeting 220; C0+9 hello; S18+21 offered 250; C9+17 login; S39+47 required 530; C26+6 quit",
			protocol: "smtp", upgrade: "smtp", state: Offered, clear: true, needs: true},
		{name: "smtp plaintext after the upgrade", script: []turn{s("220 m.test ESMTP\r\n"), c("EHLO vm\r\n"), s("250-m\r\n250 STARTTLS\r\n"),
			c("STARTTLS\r\n"), s("220 go\r\n"), c("EHLO vm\r\n"), c(hello)},
			steps:    "S0+18 greeting 220; C0+9 hello; S18+21 offered 250; C9+10 starttls; S39+8 accepted 220; C19+9 plaintext",
			protocol: "smtp", upgrade: "smtp", state: Accepted, ready: true, tls: [2]string{hello, ""}},
		{name: "smtp pipelined with its hello", script: []turn{s("220 m.test ESMTP\r\n"), c("EHLO vm\r\n"), s("250-m\r\n250 STARTTLS\r\n"),
			c("STARTTLS\r\n" + hello), s("220 go\r\n" + hello)},
			steps:    "S0+18 greeting 220; C0+9 hello; S18+21 offered 250; C9+10 starttls; S39+8 accepted 220",
			protocol: "smtp", upgrade: "smtp", state: Accepted, ready: true, tls: [2]string{hello, hello}},
		{name: "smtp greeting when TLS came first", script: []turn{c(hello), s("220 m.test ESMTP\r\n")},
			steps: "S0+18 greeting 220", protocol: "smtp", tls: [2]string{hello, ""}},
		{name: "smtp opener is the server", script: []turn{c("220 m.test ESMTP\r\n"), s("EHLO vm\r\n"), c("250-m\r\n250 STARTTLS\r\n"), s("STARTTLS\r\n"), c("220 go\r\n")},
			steps:    "C0+18 greeting 220; S0+9 hello; C18+21 offered 250; S9+10 starttls; C39+8 accepted 220",
			protocol: "smtp", upgrade: "smtp", state: Accepted, ready: true},
		{name: "smtp server alone in the capture", script: []turn{s("220 m.test ESMTP\r\n250-m\r\n250 STARTTLS\r\n220 go\r\n")},
			steps:    "S0+18 greeting 220; S18+21 offered 250; S39+8 accepted 220",
			protocol: "smtp", upgrade: "smtp", state: Accepted, ready: true},
		{name: "smtp client alone in the capture", script: []turn{c("EHLO vm\r\nSTARTTLS\r\n" + hello)},
			steps: "C0+9 hello; C9+10 starttls", protocol: "smtp", upgrade: "smtp", state: Asked, tls: [2]string{hello, ""}},
		{name: "smtp offer in the wrong line", script: []turn{s("220 m.test ESMTP\r\n"), c("EHLO vm\r\n"), s("250-STARTTLS\r\n250 SIZE 1\r\n"), c("QUIT\r\n")},
			steps: "S0+18 greeting 220; C0+9 hello; S18+26 not-offered 250; C9+6 quit", protocol: "smtp", state: NotOffered, left: true},
		{name: "smtp greeting of five lines and no server software", script: []turn{s("220-a.test\r\n220-b\r\n220 c\r\n"), c("EHLO vm\r\n"), s("250 a.test\r\n")},
			steps: "S0+26 greeting 220; C0+9 hello; S26+12 not-offered 250", protocol: "smtp", state: NotOffered, left: true},
		{name: "smtp turned away", script: []turn{s("554 5.7.1 no service\r\n"), c("QUIT\r\n")},
			steps: "S0+22 error 554; C0+6 quit", protocol: "smtp"},
		{name: "smtp login has no secrets", script: []turn{s("220 m.test ESMTP\r\n"), c("EHLO vm\r\n"), s("250-m\r\n250 AUTH PLAIN\r\n"), c("AUTH PLAIN AGEAYg==\r\n"), s("235 ok\r\n")},
			steps:    "S0+18 greeting 220; C0+9 hello; S18+23 not-offered 250; C9+21 login",
			protocol: "smtp", state: NotOffered, clear: true},
		{name: "lmtp", script: []turn{s("220 m.test LMTP ready\r\n"), c("LHLO vm\r\n"), s("250-m\r\n250 STARTTLS\r\n"), c("STARTTLS\r\n"), s("220 go\r\n")},
			steps:    "S0+23 greeting 220; C0+9 hello; S23+21 offered 250; C9+10 starttls; S44+8 accepted 220",
			protocol: "lmtp", upgrade: "lmtp", state: Accepted, ready: true},
		{name: "pop3 healthy", script: []turn{s("+OK lab ready\r\n"), c("CAPA\r\n"), s("+OK\r\nUIDL\r\nSTLS\r\n.\r\n"), c("STLS\r\n"), s("+OK Begin TLS\r\n"), c(hello)},
			steps:    "S0+15 greeting; C0+6 hello; S15+20 offered; C6+6 starttls; S35+15 accepted",
			protocol: "pop3", upgrade: "pop3", state: Accepted, ready: true, tls: [2]string{hello, ""}},
		{name: "pop3 refused", script: []turn{s("+OK lab ready\r\n"), c("CAPA\r\n"), s("+OK\r\nSTLS\r\n.\r\n"), c("STLS\r\n"), s("-ERR TLS not available\r\n")},
			steps:    "S0+15 greeting; C0+6 hello; S15+14 offered; C6+6 starttls; S29+24 refused",
			protocol: "pop3", upgrade: "pop3", state: Refused},
		{name: "pop3 not offered", script: []turn{s("+OK lab ready\r\n"), c("CAPA\r\n"), s("+OK\r\nUIDL\r\n.\r\n")},
			steps: "S0+15 greeting; C0+6 hello; S15+14 not-offered", protocol: "pop3", state: NotOffered, left: true},
		{name: "pop3 stripped", script: []turn{s("+OK lab ready\r\n"), c("CAPA\r\n"), s("+OK\r\nUIDL\r\nXXXX\r\n.\r\n")},
			steps: "S0+15 greeting; C0+6 hello; S15+20 stripped", protocol: "pop3", state: Stripped, left: true},
		{name: "pop3 plain session", script: []turn{s("+OK lab ready\r\n"), c("CAPA\r\n"), s("+OK\r\nUSER\r\n.\r\n"), c("USER a\r\n"), s("+OK\r\n"), c("PASS b\r\n"), s("+OK\r\n"), c("RETR 1\r\n"), s("+OK\r\nSTLS\r\n.\r\n")},
			steps: "S0+15 greeting; C0+6 hello; S15+14 not-offered; C6+8 login", protocol: "pop3", state: NotOffered, clear: true},
		{name: "pop3 without a list", script: []turn{s("+OK lab ready\r\n"), c("CAPA\r\n"), s("-ERR unknown\r\n"), c("STLS\r\n"), s("+OK\r\n")},
			steps: "S0+15 greeting; C0+6 hello; C6+6 starttls; S29+5 accepted", protocol: "pop3", upgrade: "pop3", state: Accepted, ready: true},
		{name: "imap healthy", script: []turn{s("* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] ready\r\n"), c("a1 starttls\r\n"), s("a1 OK Begin TLS\r\n"), c(hello)},
			steps:    "S0+58 offered; C0+13 starttls; S58+17 accepted",
			protocol: "imap", upgrade: "imap", state: Accepted, ready: true, tls: [2]string{hello, ""}},
		{name: "imap asked", script: []turn{s("* OK ready\r\n"), c("A CAPABILITY\r\n"), s("* CAPABILITY IMAP4rev1\r\nA OK done\r\n"), c("B LOGOUT\r\n")},
			steps: "S0+12 greeting; C0+14 hello; S12+24 not-offered; C14+10 quit", protocol: "imap", state: NotOffered, left: true},
		{name: "imap probe", script: []turn{s("* OK [CAPABILITY IMAP4rev1] ready\r\n"), c("B LOGOUT\r\n")},
			steps: "S0+35 not-offered; C0+10 quit", protocol: "imap", state: NotOffered},
		{name: "imap refused", script: []turn{s("* OK ready\r\n"), c("A STARTTLS\r\n"), s("A NO TLS broken\r\n")},
			steps: "S0+12 greeting; C0+12 starttls; S12+17 refused", protocol: "imap", upgrade: "imap", state: Refused},
		{name: "imap bad", script: []turn{s("* OK ready\r\n"), c("A STARTTLS\r\n"), s("A BAD unknown command\r\n")},
			steps: "S0+12 greeting; C0+12 starttls; S12+23 refused", protocol: "imap", upgrade: "imap", state: Refused},
		{name: "imap stripped", script: []turn{s("* OK ready\r\n"), c("A CAPABILITY\r\n"), s("* CAPABILITY IMAP4rev1 XXXXXXXX\r\nA OK\r\n")},
			steps: "S0+12 greeting; C0+14 hello; S12+33 stripped", protocol: "imap", state: Stripped, left: true},
		{name: "imap login with literals", script: []turn{s("* OK ready\r\n"), c("A LOGIN {3}\r\n"), s("+ go\r\n"), c("abc {10}\r\n"), s("+ go\r\n"), c("x STARTTLS\r\n"), s("A NO [PRIVACYREQUIRED] no\r\n")},
			steps: "S0+12 greeting; C0+13 login; S24+27 required", protocol: "imap", upgrade: "imap", state: None, clear: true, needs: true},
		{name: "nntp", script: []turn{s("200 news.test ready\r\n"), c("CAPABILITIES\r\n"), s("101 list\r\nVERSION 2\r\nSTARTTLS\r\n.\r\n"), c("STARTTLS\r\n"), s("382 go\r\n")},
			steps:    "S0+21 greeting 200; C0+14 hello; S21+34 offered 101; C14+10 starttls; S55+8 accepted 382",
			protocol: "nntp", upgrade: "nntp", state: Accepted, ready: true},
		{name: "nntp refused", script: []turn{s("200 news.test ready\r\n"), c("STARTTLS\r\n"), s("580 no\r\n")},
			steps: "S0+21 greeting 200; C0+10 starttls; S21+8 refused 580", protocol: "nntp", upgrade: "nntp", state: Refused},
		{name: "nntp required", script: []turn{s("200 news.test ready\r\n"), c("AUTHINFO USER a\r\n"), s("483 encrypt first\r\n")},
			steps: "S0+21 greeting 200; C0+17 login; S21+19 required 483", protocol: "nntp", upgrade: "nntp", clear: true, needs: true},
		{name: "nntp not offered", script: []turn{s("200 news.test ready\r\n"), c("CAPABILITIES\r\n"), s("101 list\r\nVERSION 2\r\n.\r\n"), c("QUIT\r\n")},
			steps: "S0+21 greeting 200; C0+14 hello; S21+24 not-offered 101; C14+6 quit", protocol: "nntp", state: NotOffered, left: true},
		{name: "sieve", script: []turn{s("\"IMPLEMENTATION\" \"x\"\r\n\"STARTTLS\"\r\nOK\r\n"), c("STARTTLS\r\n"), s("OK \"Begin TLS\"\r\n")},
			steps:    "S0+38 offered; C0+10 starttls; S38+16 accepted",
			protocol: "sieve", upgrade: "sieve", state: Accepted, ready: true},
		{name: "sieve refused", script: []turn{s("\"IMPLEMENTATION\" \"x\"\r\n\"STARTTLS\"\r\nOK\r\n"), c("STARTTLS\r\n"), s("NO (TRYLATER) \"no\"\r\n")},
			steps: "S0+38 offered; C0+10 starttls; S38+20 refused", protocol: "sieve", upgrade: "sieve", state: Refused},
		{name: "sieve not offered", script: []turn{s("\"IMPLEMENTATION\" \"x\"\r\n\"SIEVE\" \"y\"\r\nOK\r\n"), c("LOGOUT\r\n")},
			steps: "S0+39 not-offered; C0+8 quit", protocol: "sieve", state: NotOffered, left: true},
	})
}
