package capture

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// idleAfter is how long Next waits before it returns ErrIdle.
const idleAfter = 100 * time.Millisecond

// Live is a Source of the packets that pass the interfaces of this machine. It
// is not safe for concurrent use. Frames are numbered as they come.
type Live struct {
	rings      []*ring
	latency    time.Duration
	polled     []unix.PollFd
	numbers    map[origin]int
	interfaces []Interface
	warnings   []string
	frame      int
	lost       uint64 // drops of rings that were closed
	current    *ring  // whose packet was handed on last
}

// origin is an interface as one ring sees it.
type origin struct {
	ring  *ring
	index int // the kernel's
}

// OpenLive opens the interfaces. The error is a *RightError when the program
// may not.
func OpenLive(o LiveOptions) (*Live, error) {
	if o.Buffer <= 0 {
		o.Buffer = DefaultBuffer
	}
	if o.Latency <= 0 {
		o.Latency = 20 * time.Millisecond
	}
	l := &Live{latency: o.Latency, numbers: map[origin]int{}}
	err := within(o.Namespace, func() error {
		for _, name := range o.Interfaces {
			r, err := openRing(name, &o)
			if err != nil {
				return err
			}
			l.rings = append(l.rings, r)
		}
		return nil
	})
	if err != nil {
		l.Close()
		return nil, err
	}
	l.polled = make([]unix.PollFd, 0, len(l.rings))
	return l, nil
}

// Close closes the sockets. Data of the last packet is gone with them.
func (l *Live) Close() {
	for _, r := range l.rings {
		r.close()
	}
	l.rings = nil
}

// Next fills p with the next packet; p.Data is valid until the next call. It
// returns ErrIdle when none came for a while, and io.EOF when every interface
// is gone.
func (l *Live) Next(p *Packet) error {
	if l.current != nil {
		l.current.skip()
		l.current = nil
	}
	until := time.Now().Add(idleAfter)
	for {
		if l.oldest() {
			if l.current.fill(p) {
				l.frame++
				p.Number, p.Interface = l.frame, l.number(l.current, p)
				return nil
			}
			l.current.skip()
			continue
		}
		if err := l.wait(time.Until(until)); err != nil {
			return err
		}
	}
}

// oldest finds the packet to hand on: with several interfaces the earliest
// one, once no other interface can still bring an earlier one.
func (l *Live) oldest() bool {
	l.current = nil
	missing := false
	for _, r := range l.rings {
		switch {
		case !r.ready():
			missing = true
		case l.current == nil || r.time < l.current.time:
			l.current = r
		}
	}
	if l.current == nil {
		return false
	}
	if missing && time.Now().UnixNano()-l.current.time < int64(2*l.latency) {
		l.current = nil
		return false
	}
	return true
}

// wait sleeps until an interface has packets, at most for d.
func (l *Live) wait(d time.Duration) error {
	if l.retire(); len(l.rings) == 0 {
		return io.EOF
	}
	if d <= 0 {
		return ErrIdle
	}
	l.polled = l.polled[:0]
	for _, r := range l.rings {
		if r.block == nil {
			l.polled = append(l.polled, unix.PollFd{Fd: int32(r.fd), Events: unix.POLLIN})
		} else { // its packets wait for those of others
			d = min(d, l.latency/2)
		}
	}
	if _, err := unix.Poll(l.polled, int(max(d.Milliseconds(), 1))); err != nil && !errors.Is(err, unix.EINTR) {
		return err
	}
	for _, f := range l.polled {
		if f.Revents&(unix.POLLERR|unix.POLLNVAL|unix.POLLHUP) != 0 {
			l.trouble(int(f.Fd))
		}
	}
	return nil
}

// trouble looks at a socket with an error: its interface is down or gone.
func (l *Live) trouble(fd int) {
	for _, r := range l.rings {
		if r.fd != fd {
			continue
		}
		errno, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
		switch {
		case err == nil && errno == 0:
		case r.exists():
			l.warn(fmt.Sprintf("%s went down; its packets are seen again when it is up", r.name))
		default:
			l.warn(fmt.Sprintf("%s is gone", r.name))
			r.gone = true
		}
	}
}

// retire closes the rings whose interfaces are gone, once they are empty.
func (l *Live) retire() {
	l.rings = slices.DeleteFunc(l.rings, func(r *ring) bool {
		if !r.gone || r.ready() {
			return false
		}
		l.lost += r.drops()
		r.close()
		return true
	})
}

// number is the index of the interface of a packet.
func (l *Live) number(r *ring, p *Packet) int {
	key := origin{r, r.index()}
	n, known := l.numbers[key]
	if !known {
		n = len(l.interfaces)
		l.interfaces = append(l.interfaces, Interface{Name: r.nameOf(key.index), LinkType: p.LinkType, SnapLen: maxPacket})
		l.numbers[key] = n
	}
	return n
}

// Interfaces returns the interfaces from which packets came so far.
func (l *Live) Interfaces() []Interface { return l.interfaces }

// Secrets returns nothing.
func (l *Live) Secrets() [][]byte { return nil }

// Dropped is the number of packets that the kernel threw away so far because
// they were not taken fast enough.
func (l *Live) Dropped() uint64 {
	n := l.lost
	for _, r := range l.rings {
		n += r.drops()
	}
	return n
}

// Warnings returns what happened to the interfaces.
func (l *Live) Warnings() []string { return l.warnings }

func (l *Live) warn(text string) {
	if len(l.warnings) < maxWarnings && !slices.Contains(l.warnings, text) {
		l.warnings = append(l.warnings, text)
	}
}
