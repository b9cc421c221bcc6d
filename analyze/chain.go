package analyze

import "tlswhy/decode"

// certPool is every certificate that the input shows, by content.
type certPool struct{}

func (p *certPool) add(ders [][]byte) {}

// chain is the certificate chain of one side, read and checked at the time of
// the handshake.
type chain struct{ problems []string }

// ChainProblems returns the IDs of what is wrong with the readable chain that
// a side sent; nil when nothing is, or when it cannot be read.
func (c *Case) ChainProblems(from decode.Side) []string { return nil }
