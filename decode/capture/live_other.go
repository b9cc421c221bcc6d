//go:build !linux

package capture

import "errors"

// Live captures on Linux only.
type Live struct{}

var errNotLinux = errors.New("live capture needs Linux here (elsewhere: tcpdump -U -w - | tlswhy -)")

// OpenLive says that this system has no live source.
func OpenLive(LiveOptions) (*Live, error) { return nil, errNotLinux }

// Natures says that this system has no live source.
func Natures(string) ([]Nature, error) { return nil, errNotLinux }

// Close does nothing.
func (*Live) Close() {}

// Next returns an error.
func (*Live) Next(*Packet) error { return errNotLinux }

// Interfaces returns nothing.
func (*Live) Interfaces() []Interface { return nil }

// Secrets returns nothing.
func (*Live) Secrets() [][]byte { return nil }

// Dropped is 0.
func (*Live) Dropped() uint64 { return 0 }

// Warnings returns nothing.
func (*Live) Warnings() []string { return nil }
