package secret

import (
	"bytes"
	"errors"

	"tlswhy/decode/wire"
)

// What Open can fail with, apart from an *UnsupportedError of NewSession.
var (
	// ErrNoSecret: the key log does not have the secret for this record.
	ErrNoSecret = errors.New("the key log has no secret for this record")
	// ErrAuthentication: the record does not open with the keys at hand. It was
	// changed on the way, or records before it are missing from the capture.
	ErrAuthentication = errors.New("the record does not authenticate")
	// ErrLost: so many records did not open that no more are tried.
	ErrLost = errors.New("records no longer open")
	// ErrNotProtected: such a record is never protected.
	ErrNotProtected = errors.New("the record is not protected")
)

// Bounds of what is tried for a record that does not open at once.
const (
	maxSkip   = 32      // records that may be missing before it
	maxBudget = 8 << 20 // bytes decrypted in vain before a direction is given up
	lookAhead = 2       // later keys that are tried: a capture may miss a whole flight
)

// Side is who sent a record. Its values are those of package decode.
type Side uint8

// Client is the sender of the ClientHello.
const (
	Client Side = iota
	Server
)

// Epoch tells which keys opened a record.
type Epoch uint8

// The epochs of TLS 1.3; before 1.3 every protected record is of Application.
const (
	EarlyData Epoch = iota
	Handshake
	Application
)

// Params is what the hellos agreed on.
type Params struct {
	Version        wire.Version     // negotiated
	Suite          wire.CipherSuite // chosen
	ClientRandom   []byte           // before TLS 1.3
	ServerRandom   []byte           // before TLS 1.3
	EncryptThenMAC bool             // the server agreed to it (RFC 7366)
}

// Session opens the protected records of one connection, or of one handshake
// of a connection that renegotiates. It is for one goroutine.
type Session struct {
	params  Params
	suite   suite
	secrets Secrets
	sealed  sealed[[2]half]
}

// half is one direction.
type half struct {
	stage   int                // index of the current keys, see stage
	seq     uint64             // of the next record under them
	made    map[int]protection // by stage; nil when not known to be possible yet
	update  []byte             // application traffic secret number updates
	updates int
	budget  int
}

// Opened is a record without its protection.
type Opened struct {
	Type      wire.ContentType // of the content
	Plaintext []byte           // a new slice; without type and padding of 1.3
	Epoch     Epoch
	Update    int    // how many key updates came before
	Sequence  uint64 // under these keys; without the epoch in DTLS
	Skipped   int    // records before it that were never given to Open
}

// NewSession makes the session of a connection from what its hellos say. It
// returns an *UnsupportedError when version or suite cannot be decrypted, and
// ErrNoSecret when the secrets are not the kind that is needed. A suite of 0
// with TLS 1.3 is for early data, which comes before the server chooses: the
// suites that fit the secret are tried.
func NewSession(p Params, s Secrets) (*Session, error) {
	session := &Session{params: p, secrets: s, sealed: seal(&[2]half{newHalf(), newHalf()})}
	unsupported := &UnsupportedError{p.Suite, p.Version}
	if p.Version.Is13() {
		if err := session.init13(unsupported); err != nil {
			return nil, err
		}
		return session, nil
	}
	var ok bool
	session.suite, ok = suiteOf(p.Suite)
	v := p.Version.TLS()
	if !ok || p.Suite>>8 == 0x13 || v < wire.TLS10 || v > wire.TLS12 || session.suite.aead() && v < wire.TLS12 {
		return nil, unsupported
	}
	if !s.Has(Master) {
		return nil, ErrNoSecret
	}
	keys := deriveKeys(v, &session.suite, s.Traffic(Master), p.ClientRandom, p.ServerRandom)
	for side, k := range keys {
		made, err := newProtection12(v, &session.suite, p.EncryptThenMAC, k)
		if err != nil {
			return nil, unsupported
		}
		session.half(Side(side)).made[0] = made
	}
	return session, nil
}

func newHalf() half { return half{made: map[int]protection{}, budget: maxBudget} }

func (s *Session) half(side Side) *half { return &s.sealed()[side] }

func (s *suite) aead() bool { return s.mode != "CBC" && s.mode != "" }

// Open removes the protection of the next record of one direction. header is
// its header as it came on the wire, body what follows it; both are only read.
// Records are given in the order of the stream, from the first protected one
// on; a few may be missing. In DTLS the order does not matter. In TLS 1.3,
// records that are not application_data are never protected.
func (s *Session) Open(from Side, header, body []byte) (Opened, error) {
	if s.params.Version.IsDTLS() {
		return s.openDatagram(from, header, body)
	}
	h, ok := wire.ParseRecordHeader(header)
	if !ok || s.params.Version.Is13() && h.ContentType != wire.TypeApplicationData {
		return Opened{}, ErrNotProtected
	}
	r := &record{header: header[:wire.RecordHeaderLen], body: body, typ: h.ContentType, version: h.Version}
	return s.try(from, r)
}

// try opens the record with the sequence number that is due, with the first
// one of later keys, and with those that missing records would have left.
func (s *Session) try(from Side, r *record) (Opened, error) {
	h := s.half(from)
	if h.budget <= 0 {
		return Opened{}, ErrLost
	}
	known := false
	for skip := uint64(0); skip <= maxSkip; skip++ {
		for ahead := range lookAhead + 1 {
			p := s.protection(from, h.stage+ahead)
			if p == nil {
				continue
			}
			known = true
			seq := skip
			if ahead == 0 {
				seq += h.seq
			}
			plain, err := p.open(seq, r)
			if err == nil {
				return s.opened(h, h.stage+ahead, seq, int(skip), plain, r)
			}
			if h.budget -= len(r.body) + 64; h.budget <= 0 {
				return Opened{}, ErrLost
			}
		}
	}
	if !known {
		return Opened{}, ErrNoSecret
	}
	if p := h.made[h.stage]; p != nil {
		p.pass(r.body)
	}
	return Opened{}, ErrAuthentication
}

func (s *Session) opened(h *half, stage int, seq uint64, skipped int, plain []byte, r *record) (Opened, error) {
	h.made[stage].pass(r.body)
	h.budget = maxBudget
	for old := h.stage; old < stage; old++ {
		delete(h.made, old)
	}
	h.stage, h.seq = stage, seq+1
	o := Opened{Type: r.typ, Plaintext: plain, Epoch: Application, Sequence: seq, Skipped: skipped}
	if !s.params.Version.Is13() {
		return o, nil
	}
	o.Epoch, o.Update = Epoch(min(stage, int(Application))), max(0, stage-int(Application))
	return o, o.unwrap()
}

// unwrap takes padding and type off an inner plaintext (RFC 8446, Section 5.4).
func (o *Opened) unwrap() error {
	b := bytes.TrimRight(o.Plaintext, "\x00")
	if len(b) == 0 {
		return ErrAuthentication // no type: no stack sends it
	}
	o.Type, o.Plaintext = wire.ContentType(b[len(b)-1]), b[:len(b)-1]
	return nil
}
