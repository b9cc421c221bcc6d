package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// lab puts the test into a network namespace of its own with lo and a pair
// veth a, b; further commands of ip(8) follow. The thread ends with the test.
func lab(t *testing.T, commands ...string) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("not root: no network namespace can be made")
	}
	if _, err := exec.LookPath("ip"); err != nil {
		t.Skip("ip(8) is not there")
	}
	runtime.LockOSThread()
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		t.Skipf("no network namespace: %v", err)
	}
	ip(t, append([]string{
		"link set lo up", "link add va type veth peer name vb", "link set va up", "link set vb up",
	}, commands...)...)
}

func ip(t *testing.T, commands ...string) {
	t.Helper()
	for _, c := range commands {
		if out, err := exec.Command("ip", strings.Fields(c)...).CombinedOutput(); err != nil {
			t.Fatalf("ip %s: %v: %s", c, err, out)
		}
	}
}

func listen(t *testing.T, o LiveOptions) *Live {
	t.Helper()
	o.Buffer, o.Latency = 4<<20, 2*time.Millisecond
	l, err := OpenLive(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

// gather reads until nothing came for a while.
func gather(t *testing.T, l *Live) (list []Packet) {
	t.Helper()
	var p Packet
	for {
		switch err := l.Next(&p); {
		case errors.Is(err, ErrIdle), errors.Is(err, io.EOF):
			return list
		case err != nil:
			t.Fatal(err)
		}
		q := p
		q.Data = bytes.Clone(p.Data)
		list = append(list, q)
	}
}

const marker = 0x88b5 // an EtherType for experiments (IEEE 802)

// frame is an Ethernet frame with the marker, with or without a VLAN tag.
func frame(tag []byte, text string) []byte {
	b := []byte{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2}
	b = append(b, tag...)
	b = binary.BigEndian.AppendUint16(b, marker)
	return append(b, text...)
}

// inject sends frames on an interface.
func inject(t *testing.T, name string, frames ...[]byte) {
	t.Helper()
	i, err := net.InterfaceByName(name)
	if err != nil {
		t.Fatal(err)
	}
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	for _, f := range frames {
		if err := unix.Sendto(fd, f, 0, &unix.SockaddrLinklayer{Ifindex: i.Index, Protocol: binary.NativeEndian.Uint16(f[12:])}); err != nil {
			t.Fatal(err)
		}
	}
}

// marked keeps the packets whose bytes hold a text.
func marked(list []Packet, text string) (kept []Packet) {
	for _, p := range list {
		if bytes.Contains(p.Data, []byte(text)) {
			kept = append(kept, p)
		}
	}
	return kept
}

func TestLiveVLAN(t *testing.T) {
	lab(t)
	l := listen(t, LiveOptions{Interfaces: []string{"vb"}})
	tagged, plain := frame([]byte{0x81, 0, 0x20, 42}, "tagged"), frame(nil, "plain")
	before := time.Now().UnixNano()
	inject(t, "va", tagged, plain)
	got := gather(t, l)
	for _, want := range [][]byte{tagged, plain} {
		text := string(want[len(want)-5:])
		one := marked(got, text)
		if len(one) != 1 || !bytes.Equal(one[0].Data, want) || one[0].Length != len(want) || one[0].LinkType != LinkEthernet {
			t.Errorf("%s: %+v, want %x", text, one, want)
			continue
		}
		if at := one[0].Time; at < before || at > time.Now().UnixNano() {
			t.Errorf("%s: time %d", text, at)
		}
	}
	if names := l.Interfaces(); len(names) != 1 || names[0].Name != "vb" {
		t.Errorf("interfaces %+v", names)
	}
}

// On any, a frame is seen on both ends of the pair, with its tag wherever the
// kernel keeps it, and the name of the interface.
func TestLiveAny(t *testing.T) {
	lab(t)
	l := listen(t, LiveOptions{Interfaces: []string{"any"}})
	inject(t, "va", frame([]byte{0x81, 0, 0, 42}, "tagged"))
	got := marked(gather(t, l), "tagged")
	if len(got) != 2 {
		t.Fatalf("%d packets, want 2", len(got))
	}
	want := append([]byte{0, 42, marker >> 8, marker & 0xff}, "tagged"...)
	for i, direction := range []byte{unix.PACKET_OUTGOING, unix.PACKET_OTHERHOST} {
		p := got[i]
		if name := l.Interfaces()[p.Interface].Name; p.LinkType != LinkLinuxSLL2 || name != "v"+string("ab"[i]) || p.Length != len(p.Data) {
			t.Errorf("packet %d: %s of %s, %d of %d bytes", i, p.LinkType, name, len(p.Data), p.Length)
		}
		if p.Data[0] != 0x81 || p.Data[1] != 0 || p.Data[10] != direction || !bytes.Equal(p.Data[20:], want) {
			t.Errorf("packet %d: %x, want the tag before %x", i, p.Data, want)
		}
	}
}

func TestLiveLoopbackOnce(t *testing.T) {
	lab(t)
	for _, name := range []string{"lo", "any"} {
		l := listen(t, LiveOptions{Interfaces: []string{name}})
		c, err := net.Dial("udp", "127.0.0.1:9")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Write([]byte("just once")); err != nil {
			t.Fatal(err)
		}
		c.Close()
		// the ICMP error quotes it
		if n := len(marked(gather(t, l), "just once")); n != 2 {
			t.Errorf("%s: %d packets, want the datagram and the error", name, n)
		}
	}
}

func TestLiveFilter(t *testing.T) {
	lab(t)
	var views []View
	l := listen(t, LiveOptions{Interfaces: []string{"vb", "any"}, Filter: func(v View) ([]bpf.RawInstruction, error) {
		views = append(views, v)
		return bpf.Assemble([]bpf.Instruction{
			bpf.LoadExtension{Num: bpf.ExtLen}, bpf.JumpIf{Cond: bpf.JumpGreaterThan, Val: 200, SkipFalse: 1},
			bpf.RetConstant{Val: 1 << 18}, bpf.RetConstant{Val: 0},
		})
	}})
	inject(t, "va", frame(nil, "short"), frame(nil, "long"+strings.Repeat("x", 300)))
	got := gather(t, l)
	if len(marked(got, "short")) != 0 || len(marked(got, "long")) != 3 {
		t.Errorf("%d short, %d long", len(marked(got, "short")), len(marked(got, "long")))
	}
	if len(views) != 2 || views[0] != (View{LinkEthernet, false}) || views[1] != (View{LinkLinuxSLL2, true}) {
		t.Errorf("views %+v", views)
	}
	for i := 1; i < len(got); i++ {
		if got[i].Time < got[i-1].Time || got[i].Number != got[i-1].Number+1 {
			t.Errorf("packet %d is earlier than the one before", i)
		}
	}
}

func TestLiveInterfaceGone(t *testing.T) {
	lab(t)
	l := listen(t, LiveOptions{Interfaces: []string{"vb"}})
	inject(t, "va", frame(nil, "before"))
	if got := marked(gather(t, l), "before"); len(got) != 1 {
		t.Errorf("%d packets", len(got))
	}
	ip(t, "link set vb down")
	gather(t, l)
	ip(t, "link set vb up")
	var again []Packet
	for range 20 { // the carrier takes its time
		inject(t, "va", frame(nil, "again"))
		again = append(again, marked(gather(t, l), "again")...)
		if len(again) > 0 {
			break
		}
	}
	if len(again) == 0 {
		t.Error("no packets after the interface came back")
	}
	ip(t, "link del va")
	gather(t, l)
	if err := l.Next(new(Packet)); err != io.EOF {
		t.Errorf("after the interface is gone: %v", err)
	}
	if w := strings.Join(l.Warnings(), "\n"); !strings.Contains(w, "vb went down") || !strings.Contains(w, "vb is gone") {
		t.Errorf("warnings %q", w)
	}
}

func TestLiveDrops(t *testing.T) {
	lab(t)
	l := listen(t, LiveOptions{Interfaces: []string{"vb"}})
	big := frame(nil, strings.Repeat("x", 1400))
	list := make([][]byte, 6000) // twice the ring
	for i := range list {
		list[i] = big
	}
	inject(t, "va", list...)
	got := uint64(len(marked(gather(t, l), "xxx")))
	if l.Dropped() == 0 || got+l.Dropped() < uint64(len(list)) {
		t.Errorf("%d packets, %d dropped, %d sent", got, l.Dropped(), len(list))
	}
}

func TestLiveTunnelIsCooked(t *testing.T) {
	lab(t, "tuntap add dev t mode tun")
	l := listen(t, LiveOptions{Interfaces: []string{"t"}})
	if l.rings[0].view != (View{LinkLinuxSLL2, true}) {
		t.Errorf("view %+v", l.rings[0].view)
	}
}

func TestLiveRefused(t *testing.T) {
	lab(t)
	if _, err := OpenLive(LiveOptions{Interfaces: []string{"nowhere"}}); err == nil || !strings.Contains(err.Error(), `"nowhere"`) {
		t.Errorf("no such interface: %v", err)
	}
	if _, err := OpenLive(LiveOptions{Interfaces: []string{"lo"}, Namespace: "nowhere"}); err == nil || !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("no such namespace: %v", err)
	}
	if err := unix.Setresuid(-1, 65534, -1); err != nil { // of this thread only
		t.Fatal(err)
	}
	var right *RightError
	if _, err := OpenLive(LiveOptions{Interfaces: []string{"lo"}}); !errors.As(err, &right) || right.Interface != "lo" {
		t.Errorf("without the right: %v", err)
	}
}

// The namespace of this thread, seen from another one.
func TestLiveNamespace(t *testing.T) {
	lab(t, "link add only-here type dummy")
	here, err := os.Readlink("/proc/thread-self/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	file := t.TempDir() + "/ns"
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("/proc/thread-self/ns/net", file, "", unix.MS_BIND, ""); err != nil {
		t.Skipf("%s cannot be bound: %v", here, err)
	}
	defer unix.Unmount(file, unix.MNT_DETACH)
	done := make(chan error)
	go func() {
		list, err := Natures(file)
		found := false
		for _, n := range list {
			found = found || n.Name == "only-here"
		}
		if err == nil && !found {
			err = errors.New("only-here is not in the list")
		}
		done <- err
	}()
	if err := <-done; err != nil {
		t.Error(err)
	}
	l := listen(t, LiveOptions{Interfaces: []string{"vb"}, Namespace: file})
	inject(t, "va", frame(nil, "inside"))
	if n := len(marked(gather(t, l), "inside")); n != 1 {
		t.Errorf("%d packets", n)
	}
}
