package decode

import (
	"time"

	"tlswhy/decode/wire"
)

// First returns the first message of a type and its event; ok is false when
// there is none.
func First[M Message](h *Handshake) (m M, e *Event, ok bool) {
	return FirstFrom[M](h, Network)
}

// FirstFrom is First for messages of one side; Network stands for any.
func FirstFrom[M Message](h *Handshake, from Side) (m M, e *Event, ok bool) {
	for i := range h.Events {
		if e := &h.Events[i]; from == Network || e.From == from {
			if m, ok := e.Message.(M); ok {
				return m, e, true
			}
		}
	}
	return m, nil, false
}

// Each returns the indices of the events of a message type from one side;
// Network stands for any.
func Each[M Message](h *Handshake, from Side) []int {
	var found []int
	for i := range h.Events {
		if e := &h.Events[i]; from == Network || e.From == from {
			if _, ok := e.Message.(M); ok {
				found = append(found, i)
			}
		}
	}
	return found
}

// ClientHello returns the first ClientHello, or nil.
func (h *Handshake) ClientHello() (*ClientHello, *Event) {
	if m, e, ok := First[ClientHello](h); ok {
		return &m, e
	}
	return nil, nil
}

// LastHello returns the last ClientHello before the ServerHello: the one that
// answers a HelloRetryRequest when there was one.
func (h *Handshake) LastHello() (*ClientHello, *Event) {
	var last *ClientHello
	var at *Event
	for i := range h.Events {
		switch m := h.Events[i].Message.(type) {
		case ClientHello:
			last, at = &m, &h.Events[i]
		case ServerHello:
			if !m.HelloRetryRequest {
				return last, at
			}
		}
	}
	return last, at
}

// ServerHello returns the ServerHello that is no HelloRetryRequest, or nil.
func (h *Handshake) ServerHello() (*ServerHello, *Event) {
	for i := range h.Events {
		if m, ok := h.Events[i].Message.(ServerHello); ok && !m.HelloRetryRequest {
			return &m, &h.Events[i]
		}
	}
	return nil, nil
}

// HelloRetry returns the first HelloRetryRequest, or nil.
func (h *Handshake) HelloRetry() (*ServerHello, *Event) {
	for i := range h.Events {
		if m, ok := h.Events[i].Message.(ServerHello); ok && m.HelloRetryRequest {
			return &m, &h.Events[i]
		}
	}
	return nil, nil
}

// Certificate returns the first Certificate message of a side, or nil; it may
// be empty.
func (h *Handshake) Certificate(from Side) (*Certificate, *Event) {
	if m, e, ok := FirstFrom[Certificate](h, from); ok {
		return &m, e
	}
	return nil, nil
}

// TLS13 says whether the ServerHello chose TLS 1.3 (or a draft of it).
func (h *Handshake) TLS13() bool {
	sh, _ := h.ServerHello()
	return sh != nil && IsTLS13(sh.Version)
}

// IsTLS13 says whether a version is TLS 1.3, DTLS 1.3, or a draft of TLS 1.3.
func IsTLS13(v wire.Version) bool { return v == 0x0304 || v == 0xfefc || v>>8 == 0x7f || v>>8 == 0xfb }

// Between returns the indices of the events in a half-open range of the list
// that come from a side.
func (h *Handshake) Between(from, to int, side Side) []int {
	var found []int
	for i := max(from, 0); i < min(to, len(h.Events)); i++ {
		if h.Events[i].From == side {
			found = append(found, i)
		}
	}
	return found
}

// RoundTrip estimates the time from the capture point to the server and back
// (SYN to SYN-ACK); 0 when it is not known.
func (h *Handshake) RoundTrip() time.Duration {
	_, syn, ok1 := First[Open](h)
	_, ack, ok2 := First[Accept](h)
	if !ok1 || !ok2 || ack.Time.Before(syn.Time) {
		return 0
	}
	return ack.Time.Sub(syn.Time)
}
