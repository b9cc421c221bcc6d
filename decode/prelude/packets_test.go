package prelude

import (
	"strings"
	"testing"
)

// mysqlGreeting has the capability CLIENT_SSL (0x0800) or not.
func mysqlGreeting(capabilities string) string {
	return unhex("3b000000 0a") + "8.0.36\x00" + unhex("08000000 6162636465666768 00"+capabilities) +
		strings.Repeat("\x00", 0x3b-1-7-4-9-2)
}

const (
	ldapStartTLS = "301d 020101 7718 8016 312e332e362e312e342e312e313436362e3230303337"
	pgSSLRequest = "00000008 04d2162f"
)

func TestFTP(t *testing.T) {
	check(t, []dialogTest{
		{name: "healthy", script: []turn{s("220 (vsFTPd 3.0.3)\r\n"), c("AUTH TLS\r\n"), s("234 Proceed with negotiation.\r\n"), c(hello)},
			steps:    "S0+20 greeting 220; C0+10 starttls; S20+31 accepted 234",
			protocol: "ftp", upgrade: "ftp", state: Accepted, ready: true, tls: [2]string{hello, ""}},
		{name: "features", script: []turn{s("220 FTP ready\r\n"), c("feat\r\n"), s("211-Features:\r\n AUTH TLS\r\n PBSZ\r\n211 End\r\n"), c("AUTH SSL\r\n"), s("234 ok\r\n")},
			steps:    "S0+15 greeting 220; C0+6 hello; S15+42 offered 211; C6+10 starttls; S57+8 accepted 234",
			protocol: "ftp", upgrade: "ftp", state: Accepted, ready: true},
		{name: "not offered", script: []turn{s("220 FTP ready\r\n"), c("FEAT\r\n"), s("211-Features:\r\n UTF8\r\n211 End\r\n"), c("QUIT\r\n")},
			steps: "S0+15 greeting 220; C0+6 hello; S15+31 not-offered 211; C6+6 quit", protocol: "ftp", state: NotOffered, left: true},
		{name: "refused, then login", script: []turn{s("220 FTP ready\r\n"), c("AUTH TLS\r\n"), s("500 what\r\n"), c("AUTH SSL\r\n"), s("504 no\r\n"), c("USER a\r\n"), s("331 pw\r\n")},
			steps:    "S0+15 greeting 220; C0+10 starttls; S15+10 refused 500; C10+10 starttls; S25+8 refused 504; C20+8 login",
			protocol: "ftp", upgrade: "ftp", state: Refused, clear: true},
		{name: "required", script: []turn{s("220 (vsFTPd 3.0.3)\r\n"), c("USER a\r\n"), s("530 Non-anonymous sessions must use encryption.\r\n")},
			steps: "S0+20 greeting 220; C0+8 login; S20+49 required 530", protocol: "ftp", upgrade: "ftp", clear: true, needs: true},
		{name: "greeting that says nothing", script: []turn{s("220 host.test ready\r\n"), c("USER a\r\n"), s("331 pw\r\n"), c("PASS b\r\n"), s("230 in\r\n")},
			steps: "S0+21 greeting 220; C0+8 login", protocol: "ftp", clear: true},
		{name: "AUTH SSL after a greeting that says nothing", script: []turn{s("220 ready.\r\n"), c("AUTH SSL\r\n"), s("530 Please login.\r\n"), c("AUTH TLS\r\n"), s("530 Please login.\r\n")},
			steps:    "S0+12 greeting 220; C0+10 starttls; S12+19 refused 530; C10+10 starttls; S31+19 refused 530",
			protocol: "ftp", upgrade: "ftp", state: Refused},
		{name: "greeting that looks like FTP's", script: []turn{s("220 ready\r\n"), c("EHLO a\r\n"), s("250 a\r\n")},
			steps: "S0+11 greeting 220; C0+8 hello; S11+7 not-offered 250", protocol: "smtp", state: NotOffered, left: true},
	})
}

func TestDirectory(t *testing.T) {
	check(t, []dialogTest{
		{name: "ldap healthy", script: []turn{c(unhex(ldapStartTLS)), s(unhex("300c 020101 7807 0a0100 0400 0400")), c(hello)},
			steps:    "C0+31 starttls; S0+14 accepted",
			protocol: "ldap", upgrade: "ldap", state: Accepted, ready: true, tls: [2]string{hello, ""}},
		{name: "ldap refused", script: []turn{c(unhex(ldapStartTLS)), s(unhex("3016 020101 7811 0a0102 0400 040a") + "no TLS now")},
			steps: "C0+31 starttls; S0+24 refused 2", protocol: "ldap", upgrade: "ldap", state: Refused},
		{name: "ldap confidentiality required", script: []turn{c(unhex("300c 020101 6007 020103 0400 8000")), s(unhex("300c 020101 6107 0a010d 0400 0400")), c(unhex("3005 020102 4200"))},
			steps: "C0+14 login; S0+14 required 13; C14+7 quit", protocol: "ldap", upgrade: "ldap", clear: true, needs: true},
		{name: "ldap after a bind", script: []turn{c(unhex("300c 020102 6007 020103 0400 8000")), s(unhex("300c 020102 6107 0a0100 0400 0400")), c(unhex(ldapStartTLS)), s(unhex("300c 020101 7807 0a0100 0400 0400"))},
			steps:    "C0+14 login; C14+31 starttls; S14+14 accepted",
			protocol: "ldap", upgrade: "ldap", state: Accepted, ready: true, clear: true},
		{name: "xmpp healthy", script: []turn{c("<?xml version='1.0'?><stream:stream to='lab.test' version='1.0'>"),
			s("<?xml version='1.0'?><stream:stream id='1'><stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>"),
			c("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"), s("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"), c(hello)},
			steps:    "C21+43 hello; S21+22 greeting; S43+107 offered; C64+51 starttls; S150+50 accepted",
			protocol: "xmpp", upgrade: "xmpp", state: Accepted, ready: true, tls: [2]string{hello, ""}},
		{name: "xmpp refused", script: []turn{c("<stream:stream to='lab.test'>"), s("<stream:stream id='1'><stream:features><starttls/></stream:features>"),
			c("<starttls></starttls>"), s("<failure/></stream:stream>")},
			steps: "C0+29 hello; S0+22 greeting; S22+46 offered; C29+10 starttls; S68+10 refused", protocol: "xmpp", upgrade: "xmpp", state: Refused},
		{name: "xmpp not offered", script: []turn{c("<stream:stream to='lab.test'>"), s("<stream:stream id='1'><stream:features><bind/></stream:features>"), c("</stream:stream>")},
			steps: "C0+29 hello; S0+22 greeting; S22+42 not-offered; C29+16 quit", protocol: "xmpp", state: NotOffered, left: true},
		{name: "irc healthy", script: []turn{c("STARTTLS\r\n"), s(":irc.test NOTICE AUTH :hi\r\n"), c("STARTTLS\r\n"), s(":irc.test 670 * :STARTTLS successful\r\n")},
			steps: "C0+10 starttls; C10+10 starttls; S27+38 accepted 670", protocol: "irc", upgrade: "irc", state: Accepted, ready: true},
		{name: "irc capabilities", script: []turn{c("CAP LS 302\r\n"), s(":irc.test CAP * LS * :a b\r\n:irc.test CAP * LS :tls c\r\n"), c("STARTTLS\r\n"), s(":irc.test 691 * :STARTTLS failed\r\n")},
			steps: "C0+12 hello; S27+27 offered; C12+10 starttls; S54+34 refused 691", protocol: "irc", upgrade: "irc", state: Refused},
		{name: "irc plain", script: []turn{c("NICK a\r\nUSER a 0 * :b\r\n"), s(":irc.test 001 a :welcome\r\n")},
			steps: "C0+8 login", protocol: "irc", clear: true},
		{name: "irc knows no upgrade", script: []turn{c("CAP LS\r\n"), s(":irc.test CAP * LS :c\r\n"), c("STARTTLS\r\n"), s(":irc.test 421 * STARTTLS :Unknown command\r\n")},
			steps: "C0+8 hello; S0+23 not-offered; C8+10 starttls; S23+43 refused 421", protocol: "irc", upgrade: "irc", state: Refused},
	})
}

func TestDatabases(t *testing.T) {
	check(t, []dialogTest{
		{name: "postgresql healthy", script: []turn{c(unhex(pgSSLRequest)), s("S"), c(hello)},
			steps: "C0+8 starttls; S0+1 accepted", protocol: "postgresql", upgrade: "postgresql", state: Accepted, ready: true, tls: [2]string{hello, ""}},
		{name: "postgresql refused", script: []turn{c(unhex(pgSSLRequest)), s("N")},
			steps: "C0+8 starttls; S0+1 refused", protocol: "postgresql", upgrade: "postgresql", state: Refused},
		{name: "postgresql goes on in the clear", script: []turn{c(unhex(pgSSLRequest)), s("N"), c(unhex("0000000f 00030000") + "user\x00a\x00"), s(unhex("52 00000008 00000000"))},
			steps: "C0+8 starttls; S0+1 refused; C8+15 login", protocol: "postgresql", upgrade: "postgresql", state: Refused, clear: true},
		{name: "postgresql error", script: []turn{c(unhex(pgSSLRequest)), s(unhex("45 00000016") + "SFATAL\x00Mtoo many\x00\x00")},
			steps: "C0+8 starttls; S0+23 refused", protocol: "postgresql", upgrade: "postgresql", state: Refused},
		{name: "postgresql GSS, then SSL", script: []turn{c(unhex("00000008 04d21630")), s("N"), c(unhex(pgSSLRequest)), s("S"), c(hello)},
			steps:    "C0+8 hello; S0+1 response; C8+8 starttls; S1+1 accepted",
			protocol: "postgresql", upgrade: "postgresql", state: Accepted, ready: true, tls: [2]string{hello, ""}},
		{name: "postgresql plain", script: []turn{c(unhex("0000000f 00030000") + "user\x00a\x00"), s(unhex("52 00000008 00000000"))},
			steps: "C0+15 login", protocol: "postgresql", clear: true},
		{name: "mysql healthy", script: []turn{s(mysqlGreeting("ffff")), c(unhex("20000001 8fae0f00 00000001 2d") + strings.Repeat("\x00", 23) + hello)},
			steps: "S0+63 offered; C0+36 starttls", protocol: "mysql", upgrade: "mysql", state: Accepted, ready: true, tls: [2]string{hello, ""}},
		{name: "mysql without TLS, client leaves", script: []turn{s(mysqlGreeting("fff7"))},
			steps: "S0+63 not-offered", protocol: "mysql", state: NotOffered, left: true},
		{name: "mysql plain", script: []turn{s(mysqlGreeting("ffff")), c(unhex("29000001 85a60f00 00000001 2d") + strings.Repeat("\x00", 32)), s(unhex("07000002 00000002000000"))},
			steps: "S0+63 offered; C0+45 login", protocol: "mysql", state: Offered, clear: true},
		{name: "mysql wants TLS", script: []turn{s(mysqlGreeting("ffff")), c(unhex("29000001 85a60f00 00000001 2d") + strings.Repeat("\x00", 32)), s(unhex("13000002 ff570c") + "#08004Connections")},
			steps: "S0+63 offered; C0+45 login; S63+23 required 3159", protocol: "mysql", upgrade: "mysql", state: Offered, clear: true, needs: true},
		{name: "mysql host blocked", script: []turn{s(unhex("18000000 ff6904") + "Host '1' is not allow")},
			steps: "S0+28 error 1129", protocol: "mysql"},
		{name: "tds healthy", script: []turn{c(tdsPacket("00")), s("\x04" + tdsPacket("00")[1:]),
			c(unhex("12010012 00000000") + hello), s(unhex("12010012 00000000") + hello), c("\x17\x03\x03\x00\x02ab"), s("\x17\x03\x03\x00\x01c\x17\x03\x03\x00\x01d")},
			steps: "C0+32 starttls; S0+32 accepted", protocol: "tds", upgrade: "tds", state: Accepted,
			tls: [2]string{hello + "\x17\x03\x03\x00\x02ab", hello + "\x17\x03\x03\x00\x01c\x17\x03\x03\x00\x01d"}},
		{name: "tds not supported", script: []turn{c(tdsPacket("01")), s("\x04" + tdsPacket("02")[1:])},
			steps: "C0+32 starttls; S0+32 refused 2", protocol: "tds", upgrade: "tds", state: Refused},
		{name: "tds required", script: []turn{c(tdsPacket("02")), s("\x04" + tdsPacket("03")[1:])},
			steps: "C0+32 hello; S0+32 required 3", protocol: "tds", upgrade: "tds", needs: true},
		{name: "rdp healthy", script: []turn{c(unhex("03000013 0e e0 0000 0000 00 01 00 0800 03000000")), s(unhex("03000013 0e d0 0000 1234 00 02 00 0800 01000000")), c(hello)},
			steps: "C0+19 starttls; S0+19 accepted 1", protocol: "rdp", upgrade: "rdp", state: Accepted, ready: true, tls: [2]string{hello, ""}},
		{name: "rdp failure", script: []turn{c(unhex("03000013 0e e0 0000 0000 00 01 00 0800 01000000")), s(unhex("03000013 0e d0 0000 1234 00 03 00 0800 05000000"))},
			steps: "C0+19 starttls; S0+19 refused 5", protocol: "rdp", upgrade: "rdp", state: Refused},
		{name: "rdp of old", script: []turn{c(unhex("03000013 0e e0 0000 0000 00 01 00 0800 01000000")), s(unhex("0300000b 06 d0 0000 1234 00"))},
			steps: "C0+19 starttls; S0+11 refused", protocol: "rdp", upgrade: "rdp", state: Refused},
		{name: "rdp with a cookie", script: []turn{c(unhex("0300002f 2a e0 0000 0000 00") + "Cookie: mstshash=administr\r\n" + unhex("01 00 0800 00000000")), s(unhex("03000013 0e d0 0000 1234 00 03 00 0800 01000000"))},
			steps: "C0+47 hello; S0+19 required 1", protocol: "rdp", upgrade: "rdp", needs: true},
	})
}

func tdsPacket(encryption string) string {
	return unhex("12010020 00000000 00 000b 0006 01 0011 0001 ff" + "100000000000" + encryption + "000000000000")
}

func TestProxies(t *testing.T) {
	v2 := proxySignature + unhex("21 11 000c 0a4d0102 0a4d0202 bb96 01bb")
	check(t, []dialogTest{
		{name: "connect", script: []turn{c("CONNECT www.lab.test:443 HTTP/1.1\r\nHost: www.lab.test:443\r\n\r\n"), s("HTTP/1.1 200 OK\r\nVia: x\r\n\r\n"), c(hello)},
			steps: "C0+61 connect; S0+27 accepted 200", protocol: "http-connect", state: Accepted, tunnel: "http-connect www.lab.test:443", ready: true, tls: [2]string{hello, ""}},
		{name: "connect 407, then 200", script: []turn{c("CONNECT a:443 HTTP/1.1\r\n\r\n"), s("HTTP/1.1 407 Auth\r\nContent-Length: 5\r\n\r\nhello"),
			c("CONNECT a:443 HTTP/1.1\r\nProxy-Authorization: Basic eDp5\r\n\r\n"), s("HTTP/1.1 200 OK\r\n\r\n"), c(hello)},
			steps:    "C0+26 connect; S0+40 refused 407; C26+59 connect; S45+19 accepted 200",
			protocol: "http-connect", state: Accepted, tunnel: "http-connect a:443", ready: true, tls: [2]string{hello, ""}},
		{name: "connect 407 in chunks, then 200", script: []turn{c("CONNECT a:443 HTTP/1.1\r\n\r\n"), s("HTTP/1.1 407 Auth\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
			c("CONNECT a:443 HTTP/1.1\r\n\r\n"), s("HTTP/1.1 200 OK\r\n\r\n")},
			steps:    "C0+26 connect; S0+49 refused 407; C26+26 connect; S64+19 accepted 200",
			protocol: "http-connect", state: Accepted, tunnel: "http-connect a:443", ready: true},
		{name: "connect denied", script: []turn{c("CONNECT a:443 HTTP/1.1\r\n\r\n"), s("HTTP/1.1 403 Forbidden\r\n\r\n<html>CONNECT\n")},
			steps: "C0+26 connect; S0+26 refused 403", protocol: "http-connect", state: Refused, tunnel: "http-connect a:443"},
		{name: "connect, then smtp", script: []turn{c("CONNECT a:25 HTTP/1.1\r\n\r\n"), s("HTTP/1.0 200 OK\r\n\r\n220 m.test ESMTP\r\n"), c("EHLO a\r\n"), s("250-m\r\n250 STARTTLS\r\n"), c("STARTTLS\r\n"), s("220 go\r\n"), c(hello)},
			steps:    "C0+25 connect; S0+19 accepted 200; S19+18 greeting 220; C25+8 hello; S37+21 offered 250; C33+10 starttls; S58+8 accepted 220",
			protocol: "smtp", upgrade: "smtp", state: Accepted, tunnel: "http-connect a:25", ready: true, tls: [2]string{hello, ""}},
		{name: "upgrade", script: []turn{c("OPTIONS * HTTP/1.1\r\nUpgrade: TLS/1.0\r\nConnection: Upgrade\r\n\r\n"), s("HTTP/1.1 101 Switching\r\nUpgrade: TLS/1.0, HTTP/1.1\r\n\r\n"), c(hello)},
			steps: "C0+61 starttls; S0+54 accepted 101", protocol: "http-upgrade", upgrade: "http-upgrade", state: Accepted, ready: true, tls: [2]string{hello, ""}},
		{name: "upgrade ignored", script: []turn{c("GET / HTTP/1.1\r\nUpgrade: TLS/1.0\r\n\r\n"), s("HTTP/1.1 200 OK\r\n\r\n")},
			steps: "C0+36 starttls; S0+19 response 200", protocol: "http-upgrade", state: NotOffered, clear: true},
		{name: "upgrade refused", script: []turn{c("OPTIONS * HTTP/1.1\r\nUpgrade: TLS/1.0\r\n\r\n"), s("HTTP/1.1 200 OK\r\n\r\n")},
			steps: "C0+40 starttls; S0+19 refused 200", protocol: "http-upgrade", upgrade: "http-upgrade", state: Refused},
		{name: "upgrade required", script: []turn{c("GET / HTTP/1.1\r\n\r\n"), s("HTTP/1.1 426 Upgrade Required\r\nUpgrade: TLS/1.0\r\n\r\n")},
			steps: "C0+18 request; S0+51 required 426", protocol: "http", upgrade: "http", needs: true},
		{name: "plain http", script: []turn{c("GET /STARTTLS HTTP/1.1\r\nHost: a\r\n\r\n"), s("HTTP/1.1 400 Bad Request\r\n\r\n220 x\r\n")},
			steps: "C0+35 request; S0+28 response 400", protocol: "http"},
		{name: "proxy v1", script: []turn{c("PROXY TCP4 10.77.1.2 10.77.2.2 48022 443\r\n" + hello)},
			steps: "C0+42 header", protocol: "proxy-v1", state: Accepted, tunnel: "proxy-v1 10.77.2.2:443", ready: true, tls: [2]string{hello, ""}},
		{name: "proxy v1 unknown", script: []turn{c("PROXY UNKNOWN\r\n" + hello)},
			steps: "C0+15 header", protocol: "proxy-v1", state: Accepted, tunnel: "proxy-v1", ready: true, tls: [2]string{hello, ""}},
		{name: "proxy v2, then smtp", script: []turn{c(v2), s("220 m.test ESMTP\r\n"), c("EHLO a\r\n")},
			steps: "C0+28 header; S0+18 greeting 220; C28+8 hello", protocol: "smtp", tunnel: "proxy-v2 10.77.2.2:443"},
		{name: "proxy v2 with values, local", script: []turn{c(proxySignature + unhex("20 00 0007 040004 00000000") + hello)},
			steps: "C0+23 header", protocol: "proxy-v2", state: Accepted, tunnel: "proxy-v2", ready: true, tls: [2]string{hello, ""}},
		{name: "proxy twice, then connect", script: []turn{c(v2 + "PROXY UNKNOWN\r\nCONNECT a:1 HTTP/1.1\r\n\r\n"), s("HTTP/1.1 200 OK\r\n\r\n" + hello)},
			steps:    "C0+28 header; C28+15 header; C43+24 connect; S0+19 accepted 200",
			protocol: "http-connect", state: Accepted, tunnel: "http-connect a:1", ready: true, tls: [2]string{"", hello}},
		{name: "socks5", script: []turn{c(unhex("050100")), s(unhex("0500")), c(unhex("05010003") + "\x08lab.test" + unhex("01bb")), s(unhex("05000001 7f000001 0438")), c(hello)},
			steps: "C0+3 hello; C3+15 connect 1; S2+10 accepted", protocol: "socks5", state: Accepted, tunnel: "socks5 lab.test:443", ready: true, tls: [2]string{hello, ""}},
		{name: "socks5 with a password", script: []turn{c(unhex("05020002")), s(unhex("0502")), c(unhex("0101610162")), s(unhex("0100")), c(unhex("05010001 0a000001 01bb")), s(unhex("05050001 00000000 0000"))},
			steps: "C0+4 hello; C9+10 connect 1; S4+10 refused 5", protocol: "socks5", state: Refused, tunnel: "socks5 10.0.0.1:443"},
		{name: "socks5 no method", script: []turn{c(unhex("050100")), s(unhex("05ff"))},
			steps: "C0+3 hello; S0+2 refused 255", protocol: "socks5", state: Refused},
		{name: "socks4a", script: []turn{c(unhex("0401 01bb 00000001") + "me\x00login.test\x00"), s(unhex("005a 01bb 01020304") + hello)},
			steps: "C0+22 connect; S0+8 accepted 90", protocol: "socks4", state: Accepted, tunnel: "socks4 login.test:443", ready: true, tls: [2]string{"", hello}},
		{name: "socks4 refused", script: []turn{c(unhex("0401 01bb 0a000001 00")), s(unhex("005b 01bb 01020304"))},
			steps: "C0+9 connect; S0+8 refused 91", protocol: "socks4", state: Refused, tunnel: "socks4 10.0.0.1:443"},
	})
}
