package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// owners finds out which connections belong to the command: it looks again and
// again which sockets the processes below this one have.
type owners struct {
	mu   sync.Mutex
	seen map[socket]ownership

	pids   []int           // of the command
	family map[int]bool    // processes, and whether they are below this one; scan's own
	known  map[string]bool // sockets of the command that are noted; scan's own
}

// socket is a connection as the kernel lists it. Remote is zero for a UDP
// socket that speaks with many.
type socket struct {
	udp           bool
	local, remote netip.AddrPort
}

type ownership uint8

const (
	unknown ownership = iota
	foreign
	ours
)

const (
	maxSockets   = 1 << 16 // that are remembered
	scanInterval = 4 * time.Millisecond
)

// adopt makes orphans of the command children of this process.
func adopt() { _ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) }

// newOwners looks until done: often at the sockets of the command's processes,
// and now and then at all that there are, which takes long.
func newOwners(done <-chan struct{}) *owners {
	w := &owners{seen: map[socket]ownership{}, known: map[string]bool{}}
	go repeat(done, w.scan)
	go repeat(done, w.scanOthers)
	return w
}

func repeat(done <-chan struct{}, scan func()) {
	for {
		began := time.Now()
		scan()
		select {
		case <-done:
			return
		case <-time.After(max(scanInterval, 2*time.Since(began))):
		}
	}
}

// of says whose a connection is.
func (w *owners) of(udp bool, a, b netip.AddrPort) ownership {
	w.mu.Lock()
	defer w.mu.Unlock()
	best := unknown
	for _, e := range [][2]netip.AddrPort{{a, b}, {b, a}} {
		list := []socket{{udp, e[0], e[1]}}
		if udp {
			for _, any := range []netip.Addr{e[0].Addr(), netip.IPv4Unspecified(), netip.IPv6Unspecified()} {
				list = append(list, socket{true, netip.AddrPortFrom(any, e[0].Port()), netip.AddrPort{}})
			}
		}
		for _, s := range list {
			best = max(best, w.seen[s])
		}
	}
	return best
}

// scan looks once at the sockets of the command's processes. A connection that
// is found stays found.
func (w *owners) scan() {
	pids := w.descendants()
	w.mu.Lock()
	w.pids = pids
	w.mu.Unlock()
	for _, pid := range pids {
		opened(pid, func(fd int, inode string) {
			if w.known[inode] || len(w.known) >= maxSockets {
				return
			}
			if s, ok := socketOf(pid, fd); ok {
				w.known[inode] = true
				w.note(s, ours)
			}
		})
	}
}

// scanOthers looks once at all sockets. One that is there before and after
// those of the command were looked at, and is none of them, is somebody else's.
func (w *owners) scanOthers() {
	w.mu.Lock()
	pids := w.pids
	w.mu.Unlock()
	before := everySocket(pids)
	inodes := map[string]bool{}
	for _, pid := range pids {
		opened(pid, func(_ int, inode string) { inodes[inode] = true })
	}
	after := everySocket(pids)
	for s, inode := range before {
		if inodes[inode] {
			w.note(s, ours)
		} else if after[s] == inode {
			w.note(s, foreign)
		}
	}
}

// note keeps whose a socket is; what is ours stays ours.
func (w *owners) note(s socket, whose ownership) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if old, known := w.seen[s]; old < whose && (known || len(w.seen) < maxSockets) {
		w.seen[s] = whose
	}
}

// socketOf takes a copy of a process' socket and asks it for its ends (Linux
// 5.6).
func socketOf(pid, fd int) (s socket, ok bool) {
	p, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return s, false
	}
	defer unix.Close(p)
	n, err := unix.PidfdGetfd(p, fd, 0)
	if err != nil {
		return s, false
	}
	defer unix.Close(n)
	kind, err := unix.GetsockoptInt(n, unix.SOL_SOCKET, unix.SO_TYPE)
	local, err1 := unix.Getsockname(n)
	if err != nil || err1 != nil {
		return s, false
	}
	remote, _ := unix.Getpeername(n)
	s = socket{kind == unix.SOCK_DGRAM, addrPort(local), addrPort(remote)}
	return s, s.local.Port() != 0 && (s.udp || s.remote.Port() != 0)
}

func addrPort(a unix.Sockaddr) netip.AddrPort {
	switch a := a.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(a.Port))
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(a.Addr).Unmap(), uint16(a.Port))
	}
	return netip.AddrPort{}
}

// everySocket lists the sockets of this process' network namespace and of
// those of others.
func everySocket(pids []int) map[socket]string {
	all, read := map[socket]string{}, map[string]bool{}
	for _, pid := range append([]int{os.Getpid()}, pids...) {
		ns, err := os.Readlink("/proc/" + strconv.Itoa(pid) + "/ns/net")
		if err == nil && !read[ns] {
			read[ns] = true
			sockets(pid, all)
		}
	}
	return all
}

// descendants are the processes below this one. Each new process is looked at
// once: an orphan below this one becomes its child (see adopt).
func (w *owners) descendants() (list []int) {
	d, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer d.Close()
	names, _ := d.Readdirnames(-1)
	now := make(map[int]bool, len(names))
	parents := map[int]int{}
	for _, n := range names {
		pid, err := strconv.Atoi(n)
		if err != nil {
			continue
		}
		ours, known := w.family[pid]
		if now[pid] = ours; !known {
			parents[pid] = parentOf(n)
		}
	}
	for again := true; again; {
		again = false
		for pid, parent := range parents {
			if !now[pid] && (parent == os.Getpid() || now[parent]) {
				now[pid], again = true, true
			}
		}
	}
	for pid, ours := range now {
		if ours {
			list = append(list, pid)
		}
	}
	w.family = now
	return list
}

// parentOf reads the fourth field of a process' stat (proc(5)).
func parentOf(pid string) int {
	b, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return 0
	}
	f := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
	if len(f) < 2 {
		return 0
	}
	n, _ := strconv.Atoi(f[1])
	return n
}

// opened calls f with the sockets that a process has.
func opened(pid int, f func(fd int, inode string)) {
	dir := "/proc/" + strconv.Itoa(pid) + "/fd/"
	d, err := os.Open(dir)
	if err != nil {
		return
	}
	defer d.Close()
	names, _ := d.Readdirnames(4096)
	for _, n := range names {
		to, err := os.Readlink(dir + n)
		if fd, e := strconv.Atoi(n); err == nil && e == nil && strings.HasPrefix(to, "socket:[") {
			f(fd, to)
		}
	}
}

// sockets adds the sockets of a process' network namespace with their inodes
// (proc(5), /proc/net/tcp).
func sockets(pid int, list map[socket]string) {
	for _, name := range []string{"tcp", "tcp6", "udp", "udp6"} {
		f, err := os.Open("/proc/" + strconv.Itoa(pid) + "/net/" + name)
		if err != nil {
			continue
		}
		for in := bufio.NewScanner(f); in.Scan() && len(list) < maxSockets; {
			fields := strings.Fields(in.Text())
			if len(fields) < 10 || fields[9] == "0" {
				continue
			}
			local, ok1 := endpointOf(fields[1])
			remote, ok2 := endpointOf(fields[2])
			if !ok1 || !ok2 || remote.Port() == 0 && name[0] == 't' {
				continue
			}
			if remote.Port() == 0 {
				remote = netip.AddrPort{}
			}
			list[socket{name[0] == 'u', local, remote}] = "socket:[" + fields[9] + "]"
		}
		f.Close()
	}
}

// endpointOf reads an address as the kernel prints it: words in the machine's
// byte order.
func endpointOf(s string) (netip.AddrPort, bool) {
	address, port, ok := strings.Cut(s, ":")
	b, err := hex.DecodeString(address)
	n, err2 := strconv.ParseUint(port, 16, 16)
	if !ok || err != nil || err2 != nil || len(b)%4 != 0 {
		return netip.AddrPort{}, false
	}
	for i := 0; i < len(b); i += 4 {
		binary.BigEndian.PutUint32(b[i:], binary.NativeEndian.Uint32(b[i:]))
	}
	a, ok := netip.AddrFromSlice(b)
	return netip.AddrPortFrom(a.Unmap(), uint16(n)), ok
}
