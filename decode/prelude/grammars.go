package prelude

import (
	"bytes"
	"encoding/binary"
)

// grammars are all known beginnings. Where two could match the more certain
// one stands first.
var grammars = [...]grammar{
	{"proxy-v2", clientSays, exactly(proxySignature), func() speaker { return proxyV2{} }, 0, false},
	{"proxy-v1", clientSays, exactly("PROXY TCP4 ", "PROXY TCP6 ", "PROXY UNKNOWN"), func() speaker { return proxyV1{} }, '\n', false},
	{"http2", clientSays, exactly("PRI * HTTP/2.0\r\n"), nameLine("request"), '\n', false},
	{"http", clientSays, firstLine(httpMethods, requestTarget), openHTTP, '\n', false},
	{"http", serverSays, exactly("HTTP/1.", "HTTP/2", "HTTP/3"), openHTTP, '\n', false},
	{"http", serverSays, words("<!DOCTYPE HTML", "<HTML>", "<HTML ", "<HEAD>"), nameLine("response"), 0, false}, // the answer of HTTP/0.9
	{"rtsp", clientSays, firstLine(httpMethods, borrowed), nameLine("request"), '\n', false},
	{"rtsp", serverSays, exactly("RTSP/1.", "RTSP/2."), nameLine("response"), '\n', false},
	{"sip", eitherSays, exactly("SIP/2.0 ", "REGISTER sip", "INVITE sip"), nameLine("request"), '\n', false},
	{"ssh", eitherSays, exactly("SSH-"), nameLine("banner"), '\n', false},
	{"lmtp", serverSays, firstLine(exactly("220 ", "220-"), lmtpGreeting), openSMTP, '\n', false},
	{"ftp", serverSays, firstLine(exactly("220 ", "220-", "120 ", "421 ", "530 "), ftpGreeting), openFTP, '\n', false},
	{"smtp", serverSays, firstLine(exactly("220 ", "220-", "554 ", "554-", "421 "), anything), openSMTP, '\n', false},
	{"smtp", clientSays, words("EHLO ", "HELO "), openSMTP, '\n', false},
	{"lmtp", clientSays, words("LHLO "), openSMTP, '\n', false},
	{"ftp", clientSays, words("AUTH TLS\r\n", "AUTH SSL\r\n", "FEAT\r\n", "USER anonymous\r\n"), openFTP, '\n', false},
	{"redis", serverSays, exactly("-ERR unknown command", "-ERR Protocol error", "-NOAUTH ", "-DENIED ", "-LOADING ", "+PONG\r\n"), nameLine("response"), '\n', false},
	{"pop3", serverSays, firstLine(exactly("+OK", "-ERR"), pop3Greeting), openPOP3, '\n', false},
	{"pop3", clientSays, words("CAPA\r\n", "STLS\r\n"), openPOP3, '\n', false},
	{"imap", serverSays, words("* OK ", "* PREAUTH ", "* BYE "), openIMAP, '\n', false},
	{"imap", clientSays, firstLine(alphanumeric, imapCommand), openIMAP, '\n', false},
	{"nntp", serverSays, firstLine(exactly("200 ", "201 "), anything), openNNTP, '\n', false},
	{"nntp", clientSays, words("CAPABILITIES\r\n", "MODE READER\r\n"), openNNTP, '\n', false},
	{"sieve", serverSays, words(`"IMPLEMENTATION" `, `"SIEVE" `), openSieve, '\n', false},
	{"irc", clientSays, firstLine(words("NICK ", "CAP LS", "CAP REQ", "CAP END", "USER "), ircCommand), openIRC, '\n', false},
	{"irc", clientSays, words("STARTTLS\r\n"), openIRC, '\n', false}, // the servers of others speak first
	{"irc", serverSays, firstLine(exactly(":", "NOTICE "), ircNotice), openIRC, '\n', false},
	{"xmpp", eitherSays, matchXMPP, openXMPP, '>', false},
	{"ldap", clientSays, matchLDAP(0x60, 0x63, 0x77, 0x42), openLDAP, 0, false},
	{"ldap", serverSays, matchLDAP(0x61, 0x64, 0x65, 0x78), openLDAP, 0, false},
	{"postgresql", clientSays, matchPostgreSQL, openPostgreSQL, 0, false},
	{"postgresql", serverSays, matchPostgreSQLServer, openPostgreSQL, 0, false},
	{"tds", clientSays, matchTDS, openTDS, 0, false},
	{"rdp", clientSays, matchRDP, openRDP, 0, false},
	{"rdp", serverSays, matchTPKT(0xd0), openRDP, 0, false},
	{"tpkt", eitherSays, matchTPKT(0xe0), namePacket(11), 0, false},
	{"amqp", eitherSays, firstBytes("AMQP", 8, func(b []byte) bool { return b[4] <= 3 }), namePacket(8), 0, false},
	{"mqtt", clientSays, matchMQTT, namePacket(8), 0, false},
	{"vnc", eitherSays, exactly("RFB 00"), nameLine("banner"), '\n', false},
	{"redis", clientSays, firstLine(exactly("*"), redisArray), nameLine("request"), '\n', false},
	{"redis", clientSays, words("PING\r\n", "INFO\r\n"), nameLine("request"), '\n', false},
	{"gnutella", eitherSays, exactly("GNUTELLA CONNECT/", "GNUTELLA/"), nameLine("request"), '\n', false},
	{"bittorrent", eitherSays, exactly("\x13BitTorrent protocol"), namePacket(20), 0, false},
	{"elasticsearch", eitherSays, firstBytes("ES", 8, func(b []byte) bool { return b[2] == 0 }), namePacket(8), 0, false},
	{"smb", clientSays, matchSMB, namePacket(8), 0, false},
	{"telnet", eitherSays, matchTelnet, namePacket(3), 0, false},
	{"socks5", clientSays, matchSOCKS5, openSOCKS5, 0, false},
	{"socks4", clientSays, matchSOCKS4, openSOCKS4, 0, false},
	{"openvpn", clientSays, matchOpenVPN, openOpenVPN, 0, true},
	{"mongodb", clientSays, matchMongoDB, namePacket(16), 0, true},
	{"kafka", clientSays, matchKafka, namePacket(14), 0, false},
	{"mysql", serverSays, matchMySQL, openMySQL, 0, true},
}

// httpMethods matches a method and the space after it.
func httpMethods(b []byte) verdict {
	return exactly("GET ", "HEAD ", "POST ", "PUT ", "DELETE ", "CONNECT ", "OPTIONS ", "TRACE ", "PATCH ",
		"PROPFIND ", "DESCRIBE ", "SETUP ", "PLAY ")(b)
}

// borrowed reports whether a request line is RTSP's.
func borrowed(b []byte) bool { return bytes.Contains(b, []byte(" RTSP/")) }

func anything([]byte) bool { return true }

func lmtpGreeting(b []byte) bool { return mentions(b, "LMTP") }

// ftpGreeting: both protocols greet with 220, and what follows is a domain
// in SMTP (RFC 5321, Section 4.2) but free text in FTP.
func ftpGreeting(b []byte) bool {
	if mentions(b, "SMTP", "MAIL", "POSTFIX", "EXIM") {
		return false
	}
	if mentions(b, "FTP", "FILEZILLA", "SERV-U") {
		return true
	}
	domain, _ := verb(b[4:])
	return bytes.HasPrefix(b, []byte("220")) && !bytes.Contains([]byte(domain), []byte("."))
}

// pop3Greeting tells POP3's first words from an answer of Redis.
func pop3Greeting(b []byte) bool {
	b = bytes.TrimRight(b, "\r\n")
	return string(b) == "+OK" || string(b) == "-ERR" || bytes.HasPrefix(b, []byte("+OK ")) || bytes.HasPrefix(b, []byte("-ERR "))
}

func alphanumeric(b []byte) verdict {
	for i, c := range b {
		switch {
		case c == ' ' && i > 0:
			return yes
		case i > 12, c < '0', c > '9' && c < 'A', c > 'Z' && c < 'a', c > 'z':
			return no
		}
	}
	return more
}

// imapCommand wants a command of IMAP after the tag.
func imapCommand(b []byte) bool {
	_, rest, _ := bytes.Cut(b, []byte(" "))
	word, _ := verb(rest)
	switch word {
	case "CAPABILITY", "LOGIN", "STARTTLS", "AUTHENTICATE", "LOGOUT":
		return true
	}
	return false
}

// ircCommand tells IRC's USER, of four parameters, from that of FTP and POP3.
func ircCommand(b []byte) bool {
	return !bytes.HasPrefix(bytes.ToUpper(b), []byte("USER ")) || len(bytes.Fields(b)) >= 5
}

func ircNotice(b []byte) bool {
	if bytes.HasPrefix(b, []byte(":")) {
		_, b, _ = bytes.Cut(b, []byte(" "))
	}
	return bytes.HasPrefix(b, []byte("NOTICE ")) || bytes.HasPrefix(b, []byte("CAP "))
}

// matchXMPP wants the opening of a stream, an XML declaration before it or not.
func matchXMPP(b []byte) verdict {
	if bytes.HasPrefix(b, []byte("<?xml")) {
		i := bytes.Index(b, []byte("?>"))
		if i < 0 {
			if len(b) < 200 {
				return more
			}
			return no
		}
		b = bytes.TrimLeft(b[i+2:], " \t\r\n")
		if len(b) == 0 {
			return more
		}
		return exactly("<stream:stream")(b)
	}
	return exactly("<stream:stream", "<?xml")(b)
}

// firstBytes wants a few bytes and something of those after them.
func firstBytes(start string, n int, what func([]byte) bool) func([]byte) verdict {
	return func(b []byte) verdict {
		switch v := exactly(start)(b); {
		case v != yes:
			return v
		case len(b) < n:
			return more
		case what(b):
			return yes
		}
		return no
	}
}

// matchMQTT wants CONNECT with its protocol name (MQTT 3.1.1, Section 3.1).
func matchMQTT(b []byte) verdict {
	if len(b) > 0 && b[0] != 0x10 {
		return no
	}
	at := 1
	for at < len(b) && b[at]&0x80 != 0 && at < 4 {
		at++
	}
	at++
	if at >= len(b) {
		return more
	}
	return exactly("\x00\x04MQTT", "\x00\x06MQIsdp")(b[at:])
}

// redisArray wants the number of elements of a command.
func redisArray(b []byte) bool {
	b = bytes.TrimRight(b[1:], "\r")
	if len(b) == 0 || len(b) > 6 {
		return false
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// matchSMB wants a NetBIOS session message with SMB 1 or 2 inside.
func matchSMB(b []byte) verdict {
	switch {
	case len(b) > 0 && b[0] != 0:
		return no
	case len(b) < 8:
		return more
	case (b[4] == 0xff || b[4] == 0xfe) && string(b[5:8]) == "SMB":
		return yes
	}
	return no
}

// telnetOptions are those that a conversation begins with (IANA's registry).
var telnetOptions = []byte{0, 1, 3, 5, 6, 24, 31, 32, 33, 34, 35, 36, 37, 38, 39}

// matchTelnet wants a negotiation of options (RFC 854).
func matchTelnet(b []byte) verdict {
	switch {
	case len(b) > 0 && b[0] != 0xff, len(b) > 1 && (b[1] < 0xfb || b[1] == 0xff), len(b) > 2 && bytes.IndexByte(telnetOptions, b[2]) < 0:
		return no
	case len(b) < 3:
		return more
	}
	return yes
}

// matchMongoDB wants a header of the wire protocol with a request's opcode.
func matchMongoDB(b []byte) verdict {
	if len(b) >= 4 {
		if n := binary.LittleEndian.Uint32(b); n < 16 || n > 48<<20 {
			return no
		}
	}
	if len(b) >= 12 && binary.LittleEndian.Uint32(b[8:]) != 0 {
		return no
	}
	if len(b) < 16 {
		return more
	}
	switch binary.LittleEndian.Uint32(b[12:]) {
	case 2004, 2010, 2012, 2013:
		return yes
	}
	return no
}

// matchKafka wants a request header: a key and a version that exist, and a
// client id that can be printed.
func matchKafka(b []byte) verdict {
	switch {
	case len(b) > 0 && b[0] != 0, len(b) > 4 && b[4] != 0, len(b) > 6 && b[6] != 0:
		return no
	case len(b) < 14:
		return more
	}
	size := binary.BigEndian.Uint32(b)
	id := binary.BigEndian.Uint16(b[12:])
	switch {
	case size < 10 || size > 1<<20 || b[5] > 100 || b[7] > 20:
		return no
	case id == 0xffff:
		return yes
	case id > 255 || int(id) > int(size)-10 || id == 0:
		return no
	case len(b) < 14+int(id):
		if printable(b[14:]) {
			return more
		}
		return no
	case printable(b[14 : 14+id]):
		return yes
	}
	return no
}
