//go:build !linux

package main

import "net/netip"

// owners cannot be found out on this system.
type owners struct{}

type ownership uint8

const (
	unknown ownership = iota
	foreign
	ours
)

func adopt() {}

func newOwners(<-chan struct{}) *owners { return &owners{} }

func (*owners) of(bool, netip.AddrPort, netip.AddrPort) ownership { return unknown }
