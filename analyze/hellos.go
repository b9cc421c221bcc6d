package analyze

import "tlswhy/decode"

// hellos are the hellos of a handshake, taken out of its events once: every
// rule asks for them.
type hellos struct {
	read          bool
	client, last  *decode.ClientHello
	server, retry *decode.ServerHello
	at            struct{ client, last, server, retry *decode.Event }
}

func (c *Case) hellos() *hellos {
	h := &c.hellosRead
	if h.read {
		return h
	}
	h.read = true
	h.client, h.at.client = c.Handshake.ClientHello()
	if h.last, h.at.last = c.Handshake.LastHello(); h.at.last == h.at.client {
		h.last = h.client
	}
	h.server, h.at.server = c.Handshake.ServerHello()
	h.retry, h.at.retry = c.Handshake.HelloRetry()
	return h
}

// ClientHello returns the first ClientHello, or nil.
func (c *Case) ClientHello() (*decode.ClientHello, *decode.Event) {
	h := c.hellos()
	return h.client, h.at.client
}

// LastHello returns the last ClientHello before the ServerHello, or nil.
func (c *Case) LastHello() (*decode.ClientHello, *decode.Event) {
	h := c.hellos()
	return h.last, h.at.last
}

// ServerHello returns the ServerHello that is no HelloRetryRequest, or nil.
func (c *Case) ServerHello() (*decode.ServerHello, *decode.Event) {
	h := c.hellos()
	return h.server, h.at.server
}

// HelloRetry returns the first HelloRetryRequest, or nil.
func (c *Case) HelloRetry() (*decode.ServerHello, *decode.Event) {
	h := c.hellos()
	return h.retry, h.at.retry
}

// TLS13 says whether the ServerHello chose TLS 1.3 (or a draft of it).
func (c *Case) TLS13() bool {
	sh, _ := c.ServerHello()
	return sh != nil && decode.IsTLS13(sh.Version)
}
