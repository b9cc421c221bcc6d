// Package secret reads key logs and opens records with the secrets in them:
// TLS 1.0 to 1.3 and DTLS 1.0 to 1.3, as far as the cipher suite is one that
// the standard library and golang.org/x/crypto can decrypt.
//
// What it needs is what an endpoint wrote to its key log (SSLKEYLOGFILE). The
// RSA private key of a server is out of scope: it would open RSA key exchange
// only, which TLS 1.3 does not have and which nearly nobody negotiates, and a
// private key is a thing that no analyzer should be handed.
//
// Secrets cannot be printed: no type of this package shows them in any verb of
// package fmt, in JSON or in an error.
package secret

import (
	"bytes"
	"encoding/hex"
	"io"
	"slices"
)

const (
	// maxConnections bounds a Log. An entry takes half a kilobyte; the oldest
	// leave first, for a live capture asks for recent ones.
	maxConnections = 1 << 17
	// maxLine is the longest line that is read; an honest one has 260 bytes.
	maxLine = 1024
)

// Kind is what a secret is for.
type Kind uint8

// The secrets of an NSS key log.
const (
	Master Kind = iota // TLS 1.2 and before: the master secret
	ClientEarly
	ClientHandshake
	ServerHandshake
	ClientTraffic // application data, before any key update
	ServerTraffic
	EarlyExporter
	Exporter
	kinds
)

// kindOf gives the secret that a label stands for, and whether any length but
// that of a hash is wrong.
func kindOf(label string) (Kind, bool) {
	switch label {
	case "CLIENT_RANDOM":
		return Master, true
	case "CLIENT_EARLY_TRAFFIC_SECRET":
		return ClientEarly, true
	case "CLIENT_HANDSHAKE_TRAFFIC_SECRET":
		return ClientHandshake, true
	case "SERVER_HANDSHAKE_TRAFFIC_SECRET":
		return ServerHandshake, true
	case "CLIENT_TRAFFIC_SECRET_0":
		return ClientTraffic, true
	case "SERVER_TRAFFIC_SECRET_0":
		return ServerTraffic, true
	case "EARLY_EXPORTER_SECRET", "EARLY_EXPORTER_MASTER_SECRET":
		return EarlyExporter, true
	case "EXPORTER_SECRET":
		return Exporter, true
	}
	return 0, false
}

// Stats counts the lines of a key log by what became of them. Comments and
// empty lines are not counted.
type Stats struct {
	Secrets int // lines that gave a secret, repetitions included
	RSA     int // "RSA" lines, which need the server's private key and are not used
	Other   int // labels that are not used, such as ECH_SECRET
	Bad     int // no key log line
	Evicted int // connections that were forgotten for newer ones
}

// sealed keeps what it holds from package fmt and from reflection, which show
// what unexported fields point to, but never what a function would return.
type sealed[T any] func() *T

func seal[T any](v *T) sealed[T] { return func() *T { return v } }

// Log holds the secrets of a key log by client random. The zero value is an
// empty one. It is for one goroutine.
type Log struct{ sealed sealed[logState] }

func (l *Log) state() *logState {
	if l.sealed == nil {
		l.sealed = seal(&logState{entries: map[[32]byte]*entry{}, most: maxConnections})
	}
	return l.sealed()
}

type logState struct {
	entries map[[32]byte]*entry
	most    int        // entries
	order   [][32]byte // a ring once it is full
	oldest  int
	partial []byte // the line at which a reader stands
	long    bool   // partial is the end of a line that was too long
	stats   Stats
}

type entry struct{ secrets [kinds][]byte }

// Stats gives the counts up to now.
func (l *Log) Stats() Stats { return l.state().stats }

// Len is how many connections the log has secrets for.
func (l *Log) Len() int { return len(l.state().entries) }

// Add reads whole lines, such as the payload of a decryption secrets block.
func (l *Log) Add(b []byte) {
	for line := range bytes.Lines(b) {
		l.state().line(line)
	}
}

// ReadFrom reads what r has up to its end. A file that grows is read by
// calling it again: lines may be cut anywhere. A last line without its end is
// used if it is whole, and read again with what follows.
func (l *Log) ReadFrom(r io.Reader) (n int64, err error) {
	buf := make([]byte, 32<<10)
	for {
		m, err := r.Read(buf)
		n += int64(m)
		l.state().feed(buf[:m])
		if err == io.EOF {
			l.state().tentative()
			return n, nil
		}
		if err != nil {
			return n, err
		}
	}
}

func (l *logState) feed(b []byte) {
	for line := range bytes.Lines(b) {
		whole := line[len(line)-1] == '\n'
		if len(l.partial)+len(line) > maxLine {
			l.partial, l.long = l.partial[:0], true
		} else {
			l.partial = append(l.partial, line...)
		}
		if !whole {
			continue
		}
		if l.long {
			l.stats.Bad++
		} else {
			l.line(l.partial)
		}
		l.partial, l.long = l.partial[:0], false
	}
}

// tentative uses the line that has not ended yet, without counting it.
func (l *logState) tentative() {
	if l.long {
		return
	}
	before := l.stats
	l.line(l.partial)
	evicted := l.stats.Evicted
	l.stats = before
	l.stats.Evicted = evicted
}

// line reads one line: a label, the client random, the secret.
func (l *logState) line(line []byte) {
	f := bytes.Fields(bytes.TrimPrefix(line, []byte("\xef\xbb\xbf")))
	switch {
	case len(f) == 0 || f[0][0] == '#':
		return
	case string(f[0]) == "RSA":
		l.stats.RSA++
		return
	case len(line) > maxLine || len(f) != 3:
		l.stats.Bad++
		return
	}
	kind, known := kindOf(string(f[0]))
	random, secret := unhex(f[1]), unhex(f[2])
	switch {
	case len(random) != 32 || len(secret) == 0:
		l.stats.Bad++
	case !known:
		l.stats.Other++
	case kind == Master && len(secret) != masterLength, kind != Master && len(secret) != 32 && len(secret) != 48:
		l.stats.Bad++
	default:
		l.stats.Secrets++
		l.entry([32]byte(random)).secrets[kind] = secret
	}
}

func unhex(b []byte) []byte {
	out := make([]byte, hex.DecodedLen(len(b)))
	if _, err := hex.Decode(out, b); err != nil {
		return nil
	}
	return out
}

func (l *logState) entry(random [32]byte) *entry {
	if e := l.entries[random]; e != nil {
		return e
	}
	if len(l.order) < l.most {
		l.order = append(l.order, random)
	} else {
		delete(l.entries, l.order[l.oldest])
		l.order[l.oldest] = random
		l.oldest = (l.oldest + 1) % l.most
		l.stats.Evicted++
	}
	e := &entry{}
	l.entries[random] = e
	return e
}

// Lookup gives the secrets of the connection whose ClientHello has this
// random. They may become more when the log grows; ok is false when there is
// none yet.
func (l *Log) Lookup(clientRandom []byte) (s Secrets, ok bool) {
	if len(clientRandom) != 32 {
		return Secrets{}, false
	}
	e := l.state().entries[[32]byte(clientRandom)]
	if e == nil {
		return Secrets{}, false
	}
	return Secrets{seal(e)}, true
}

// Secrets are the secrets of one connection. Copies share them.
type Secrets struct{ sealed sealed[entry] }

// Has reports whether a secret is known.
func (s Secrets) Has(kind Kind) bool { return s.Traffic(kind) != nil }

// Traffic gives a copy of a secret, nil when it is not known: for
// packages that protect packets in ways of their own, as QUIC does.
func (s Secrets) Traffic(kind Kind) []byte {
	if s.sealed == nil || kind >= kinds {
		return nil
	}
	return slices.Clone(s.sealed().secrets[kind])
}
