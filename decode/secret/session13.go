package secret

import "tlswhy/decode/wire"

// The keys of a direction of TLS 1.3 come in stages: early data, handshake,
// application data, and application data after each key update.
const (
	stageEarly       = int(EarlyData)
	stageHandshake   = int(Handshake)
	stageApplication = int(Application)
)

func (s *Session) init13(unsupported error) error {
	var ok bool
	if s.params.Suite == 0 {
		s.suite, ok = suiteOf(s.earlySuites()[0])
	} else {
		s.suite, ok = suiteOf(s.params.Suite)
		ok = ok && s.suite.aead() && s.params.Suite>>8 == 0x13
	}
	if !ok {
		return unsupported
	}
	for kind := ClientEarly; kind <= ServerTraffic; kind++ {
		if s.secrets.Has(kind) {
			return nil
		}
	}
	return ErrNoSecret
}

// earlySuites are the suites whose hash is as long as the early secret.
func (s *Session) earlySuites() []wire.CipherSuite {
	if len(s.secrets.Traffic(ClientEarly)) == 48 {
		return []wire.CipherSuite{0x1302}
	}
	return []wire.CipherSuite{0x1301, 0x1303, 0x1304, 0x1305}
}

// protection gives the keys of a stage, nil when there are none or when the
// key log does not have them yet.
func (s *Session) protection(from Side, stage int) protection {
	h := s.half(from)
	if p := h.made[stage]; p != nil || !s.params.Version.Is13() {
		return p
	}
	secret := s.stageSecret(from, stage)
	if secret == nil {
		return nil
	}
	if s.params.Suite == 0 && stage == stageEarly {
		h.made[stage] = s.earlyProtection(secret)
		return h.made[stage]
	}
	if len(secret) != s.suite.prf().Size() {
		return nil
	}
	p, err := newProtection13(s.params.Version, &s.suite, secret)
	if err != nil {
		return nil
	}
	h.made[stage] = p
	return p
}

func (s *Session) earlyProtection(secret []byte) firstOf {
	var all firstOf
	for _, c := range s.earlySuites() {
		if suite, ok := suiteOf(c); ok {
			if p, err := newProtection13(s.params.Version, &suite, secret); err == nil {
				all = append(all, p)
			}
		}
	}
	return all
}

func (s *Session) stageSecret(from Side, stage int) []byte {
	kind := ClientHandshake
	switch {
	case stage == stageEarly && from == Client:
		return s.secrets.Traffic(ClientEarly)
	case stage == stageEarly:
		return nil
	case stage == stageHandshake && from == Server:
		kind = ServerHandshake
	case stage >= stageApplication && from == Client:
		kind = ClientTraffic
	case stage >= stageApplication:
		kind = ServerTraffic
	}
	secret := s.secrets.Traffic(kind)
	if stage <= stageApplication || secret == nil {
		return secret
	}
	return s.updated(from, secret, stage-stageApplication)
}

// updated gives the n-th application traffic secret (RFC 8446, Section 7.2).
// The last one asked for is kept: numbers only grow, by lookAhead at most.
func (s *Session) updated(from Side, first []byte, n int) []byte {
	h := s.half(from)
	if h.update == nil || h.updates > n {
		h.update, h.updates = first, 0
	}
	for ; h.updates < n; h.updates++ {
		h.update = expandLabel(s.suite.prf, h.update, labelPrefix(s.params.Version), "traffic upd", len(h.update))
	}
	return h.update
}
