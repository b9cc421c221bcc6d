package capture

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

const (
	blockSize  = 1 << 17 // of a ring: larger than any packet, which a block must hold whole, but small: however little is in it, a block is handed on and gone for a while after LiveOptions.Latency
	frameSize  = 1 << 11 // without meaning for TPACKET_V3, but checked
	headroom   = 64      // before each packet, for the tag and the cooked header
	sll2Length = 20
	arphrdLoop = 772
)

// ring is one socket with its TPACKET_V3 ring (Linux,
// Documentation/networking/packet_mmap.rst).
type ring struct {
	fd      int
	name    string
	any     bool
	view    View
	loop    bool
	ifindex int
	gone    bool
	memory  []byte
	blocks  int
	at      int    // block that is looked at next
	block   []byte // being read; nil when none is
	left    uint32 // packets left in it
	packet  []byte // header of the next packet, to the end of the block
	time    int64
	dropped uint64
}

// openRing opens, filters and binds a socket, in this order, so that no
// foreign packet gets in.
func openRing(name string, o *LiveOptions) (*ring, error) {
	r := &ring{name: name, any: name == "any"}
	if err := r.identify(); err != nil {
		return nil, err
	}
	kind := unix.SOCK_RAW
	if r.view.Cooked {
		kind = unix.SOCK_DGRAM
	}
	fd, err := unix.Socket(unix.AF_PACKET, kind|unix.SOCK_CLOEXEC, 0)
	if errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES) {
		return nil, &RightError{name, err}
	}
	if err != nil {
		return nil, fmt.Errorf("no packet socket for %s: %w", name, err)
	}
	r.fd = fd
	for _, step := range []func(*LiveOptions) error{r.filter, r.layOut, r.bind} {
		if err := step(o); err != nil {
			r.close()
			return nil, err
		}
	}
	return r, nil
}

// identify finds the interface and says how its packets are seen.
func (r *ring) identify() error {
	r.view = View{LinkLinuxSLL2, true}
	if r.any {
		return nil
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("%s: %w", r.name, err)
	}
	defer unix.Close(fd)
	i, err := request(fd, r.name, unix.SIOCGIFINDEX)
	if errors.Is(err, unix.ENODEV) {
		return fmt.Errorf("there is no interface %q (tlswhy -D lists them)", r.name)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", r.name, err)
	}
	r.ifindex = int(i.Uint32())
	i, err = request(fd, r.name, unix.SIOCGIFHWADDR)
	if err != nil {
		return fmt.Errorf("%s: %w", r.name, err)
	}
	switch i.Uint16() {
	case unix.ARPHRD_ETHER:
		r.view = View{LinkEthernet, false}
	case unix.ARPHRD_LOOPBACK:
		r.view, r.loop = View{LinkEthernet, false}, true
	case unix.ARPHRD_IEEE80211:
		r.view = View{LinkIEEE80211, false}
	case unix.ARPHRD_IEEE80211_RADIOTAP:
		r.view = View{LinkRadiotap, false}
	}
	return nil
}

func request(fd int, name string, what uint) (*unix.Ifreq, error) {
	i, err := unix.NewIfreq(name)
	if err != nil {
		return nil, unix.ENODEV // no name of an interface
	}
	return i, unix.IoctlIfreq(fd, what, i)
}

func (r *ring) filter(o *LiveOptions) error {
	if o.Filter == nil {
		return nil
	}
	program, err := o.Filter(r.view)
	if err != nil || len(program) == 0 {
		return err
	}
	return r.attach(program)
}

func (r *ring) attach(program []bpf.RawInstruction) error {
	list := make([]unix.SockFilter, len(program))
	for i, p := range program {
		list[i] = unix.SockFilter{Code: p.Op, Jt: p.Jt, Jf: p.Jf, K: p.K}
	}
	f := unix.SockFprog{Len: uint16(len(list)), Filter: &list[0]}
	if err := unix.SetsockoptSockFprog(r.fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &f); err != nil {
		return fmt.Errorf("the kernel refuses the filter for %s (%d instructions): %w", r.name, len(list), err)
	}
	return nil
}

// layOut asks for the ring and maps it.
func (r *ring) layOut(o *LiveOptions) error {
	if err := unix.SetsockoptInt(r.fd, unix.SOL_PACKET, unix.PACKET_VERSION, unix.TPACKET_V3); err != nil {
		return fmt.Errorf("%s: TPACKET_V3 (Linux 3.2): %w", r.name, err)
	}
	if err := unix.SetsockoptInt(r.fd, unix.SOL_PACKET, unix.PACKET_RESERVE, headroom); err != nil {
		return fmt.Errorf("%s: %w", r.name, err)
	}
	r.blocks = max((o.Buffer+blockSize-1)/blockSize, 4)
	q := unix.TpacketReq3{
		Block_size: blockSize, Block_nr: uint32(r.blocks), Frame_size: frameSize,
		Frame_nr: uint32(r.blocks * (blockSize / frameSize)), Retire_blk_tov: uint32(max(o.Latency.Milliseconds(), 1)),
	}
	if err := unix.SetsockoptTpacketReq3(r.fd, unix.SOL_PACKET, unix.PACKET_RX_RING, &q); err != nil {
		return fmt.Errorf("%s: no ring of %d MiB (--buffer-size): %w", r.name, r.blocks*blockSize>>20, err)
	}
	memory, err := unix.Mmap(r.fd, 0, r.blocks*blockSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return fmt.Errorf("%s: the ring of %d MiB cannot be mapped (--buffer-size): %w", r.name, r.blocks*blockSize>>20, err)
	}
	r.memory = memory
	return nil
}

// bind begins to receive, promiscuously on an interface of its own.
func (r *ring) bind(*LiveOptions) error {
	to := &unix.SockaddrLinklayer{Protocol: binary.NativeEndian.Uint16([]byte{0, unix.ETH_P_ALL}), Ifindex: r.ifindex}
	if err := unix.Bind(r.fd, to); err != nil {
		return fmt.Errorf("%s: %w", r.name, err)
	}
	if !r.any {
		m := unix.PacketMreq{Ifindex: int32(r.ifindex), Type: unix.PACKET_MR_PROMISC}
		_ = unix.SetsockoptPacketMreq(r.fd, unix.SOL_PACKET, unix.PACKET_ADD_MEMBERSHIP, &m) // not every interface can
	}
	return nil
}

func (r *ring) close() {
	if r.memory != nil {
		_ = unix.Munmap(r.memory)
		r.memory, r.block = nil, nil
	}
	unix.Close(r.fd)
}

// exists reports whether the interface is still there.
func (r *ring) exists() bool {
	if r.any {
		return true
	}
	i, err := request(r.fd, r.name, unix.SIOCGIFINDEX)
	return err == nil && int(i.Uint32()) == r.ifindex
}

// drops adds up what the kernel threw away; reading its counter clears it.
func (r *ring) drops() uint64 {
	if s, err := unix.GetsockoptTpacketStatsV3(r.fd, unix.SOL_PACKET, unix.PACKET_STATISTICS); err == nil {
		r.dropped += uint64(s.Drops)
	}
	return r.dropped
}

// Fields of struct tpacket_block_desc and struct tpacket3_hdr, and of the
// struct sockaddr_ll behind the latter.
const (
	blockStatus  = 8
	blockPackets = 12
	blockFirst   = 16

	packetNext   = 0
	packetSec    = 4
	packetNsec   = 8
	packetCaplen = 12
	packetLen    = 16
	packetStatus = 20
	packetMAC    = 24
	packetTCI    = 32
	packetTPID   = 36

	addressProtocol = 48 + 2
	addressIndex    = 48 + 4
	addressHardware = 48 + 8
	addressType     = 48 + 10
	addressLength   = 48 + 11
	addressBytes    = 48 + 12
)

func (r *ring) status(block []byte) *uint32 { return (*uint32)(unsafe.Pointer(&block[blockStatus])) }

// ready reports whether a packet is there, and finds its time.
func (r *ring) ready() bool {
	for r.block == nil {
		if r.memory == nil {
			return false
		}
		block := r.memory[r.at*blockSize : (r.at+1)*blockSize]
		if atomic.LoadUint32(r.status(block))&unix.TP_STATUS_USER == 0 {
			return false
		}
		r.block, r.left = block, binary.NativeEndian.Uint32(block[blockPackets:])
		if r.left == 0 {
			r.release()
			continue
		}
		r.to(int(binary.NativeEndian.Uint32(block[blockFirst:])))
	}
	return true
}

// to makes the packet at an offset of the block the next one.
func (r *ring) to(offset int) {
	r.packet = r.block[offset:]
	r.time = int64(r.u32(packetSec))*int64(time.Second) + int64(r.u32(packetNsec))
}

func (r *ring) u32(field int) uint32 { return binary.NativeEndian.Uint32(r.packet[field:]) }

// skip goes past the packet. The block of the last one goes back to the kernel.
func (r *ring) skip() {
	if r.left--; r.left == 0 {
		r.release()
		return
	}
	r.to(len(r.block) - len(r.packet) + int(r.u32(packetNext)))
}

func (r *ring) release() {
	atomic.StoreUint32(r.status(r.block), unix.TP_STATUS_KERNEL)
	r.block, r.packet = nil, nil
	r.at = (r.at + 1) % r.blocks
}

// index is the kernel's number of the packet's interface.
func (r *ring) index() int { return int(r.u32(addressIndex)) }

// nameOf asks for the name of an interface.
func (r *ring) nameOf(index int) string {
	if !r.any {
		return r.name
	}
	i, err := unix.NewIfreq("")
	if err != nil {
		return ""
	}
	i.SetUint32(uint32(index))
	if unix.IoctlIfreq(r.fd, unix.SIOCGIFNAME, i) != nil {
		return fmt.Sprintf("if%d", index)
	}
	return i.Name()
}

// fill makes p of the packet. It is false for what a loopback interface shows
// a second time.
func (r *ring) fill(p *Packet) bool {
	kind := r.packet[addressType]
	if kind == unix.PACKET_OUTGOING && (r.loop || r.any && binary.NativeEndian.Uint16(r.packet[addressHardware:]) == arphrdLoop) {
		return false
	}
	from := int(binary.NativeEndian.Uint16(r.packet[packetMAC:]))
	to := from + int(r.u32(packetCaplen))
	length := int(r.u32(packetLen))
	before := from
	switch {
	case r.view.Cooked:
		from = r.cook(from)
	case r.u32(packetStatus)&unix.TP_STATUS_VLAN_VALID != 0 && r.view.Link == LinkEthernet && to-from >= 12:
		from = r.retag(from)
	}
	*p = Packet{
		Time: r.time, HasTime: true, LinkType: r.view.Link,
		Length: length + before - from, Data: r.packet[from:to:to],
	}
	return true
}

// retag puts the VLAN tag back behind the addresses (IEEE 802.1Q, 9.3).
func (r *ring) retag(from int) int {
	b := r.packet[from-4:]
	copy(b[:12], r.packet[from:from+12])
	r.tag(b[12:])
	return from - 4
}

// tag writes the two fields of the VLAN tag.
func (r *ring) tag(b []byte) {
	tpid := binary.NativeEndian.Uint16(r.packet[packetTPID:])
	if r.u32(packetStatus)&unix.TP_STATUS_VLAN_TPID_VALID == 0 || tpid == 0 {
		tpid = unix.ETH_P_8021Q
	}
	binary.BigEndian.PutUint16(b, tpid)
	binary.BigEndian.PutUint16(b[2:], uint16(r.u32(packetTCI)))
}

// cook writes a header of LINKTYPE_LINUX_SLL2 before the packet; a VLAN tag
// comes first, as the EtherType that the header tells.
func (r *ring) cook(from int) int {
	protocol := [2]byte(r.packet[addressProtocol:])
	if r.u32(packetStatus)&unix.TP_STATUS_VLAN_VALID != 0 {
		var tag [4]byte
		r.tag(tag[:])
		copy(r.packet[from-4:], tag[2:])
		copy(r.packet[from-2:], protocol[:])
		protocol, from = [2]byte(tag[:2]), from-4
	}
	b := r.packet[from-sll2Length : from]
	copy(b, protocol[:])
	b[2], b[3] = 0, 0
	binary.BigEndian.PutUint32(b[4:], r.u32(addressIndex))
	binary.BigEndian.PutUint16(b[8:], binary.NativeEndian.Uint16(r.packet[addressHardware:]))
	b[10], b[11] = r.packet[addressType], r.packet[addressLength]
	copy(b[12:20], r.packet[addressBytes:addressBytes+8])
	return from - sll2Length
}
