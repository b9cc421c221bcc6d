package capture

import (
	"errors"
	"time"

	"golang.org/x/net/bpf"
)

// ErrIdle is returned by Live.Next when nothing came for a while, so that the
// caller can look at the clock. The next call goes on.
var ErrIdle = errors.New("no packet came")

// LiveOptions say what to capture and with which means.
type LiveOptions struct {
	Interfaces []string      // names; "any" is all interfaces at once
	Namespace  string        // network namespace: a name of ip-netns(8), a process number or a path; "" is the own one
	Buffer     int           // bytes of the kernel's ring for each interface; 0 is DefaultBuffer
	Latency    time.Duration // how long the kernel may gather packets before it hands them on; 0 is 20 ms

	// Filter returns the program that the kernel runs on every packet of an
	// interface. What the program sees is told by the view. Nil: all packets.
	Filter func(View) ([]bpf.RawInstruction, error)
}

// View is how a program in the kernel sees a packet: without the VLAN tag,
// which the kernel keeps aside, and, when it is cooked, from the network header
// on, with the EtherType only in the packet's metadata.
type View struct {
	Link   LinkType // what the packets have once they are here
	Cooked bool
}

// DefaultBuffer holds a tenth of a second of a link of 2.5 Gbit/s.
const DefaultBuffer = 32 << 20

// Nature is what can be said of an interface of this machine.
type Nature struct {
	Name  string
	Index int
	Up    bool
	Loop  bool
	Addrs []string
}

// RightError says that the program may not open packet sockets.
type RightError struct {
	Interface string
	Err       error
}

func (e *RightError) Error() string {
	return "capturing on " + e.Interface + " is not permitted: " + e.Err.Error()
}

// Unwrap returns the error of the system call.
func (e *RightError) Unwrap() error { return e.Err }
