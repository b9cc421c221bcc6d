package filter

import (
	"bytes"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/bpf"
)

func parse(t *testing.T, text string) *Filter {
	t.Helper()
	f, err := Parse(text)
	if err != nil {
		t.Fatalf("%s", err)
	}
	return f
}

// machine runs instructions.
func machine(t *testing.T, text string, raw []bpf.RawInstruction) *bpf.VM {
	t.Helper()
	list, ok := bpf.Disassemble(raw)
	if !ok {
		t.Fatalf("%s: not all instructions are known: %v", text, list)
	}
	vm, err := bpf.NewVM(list)
	if err != nil {
		t.Fatalf("%s: %v: %v", text, err, list)
	}
	return vm
}

func takes(t *testing.T, vm *bpf.VM, packet []byte) bool {
	t.Helper()
	n, err := vm.Run(packet)
	if err != nil {
		t.Fatal(err)
	}
	return n > 0
}

// The program for the kernel and the predicate for files are the same filter.
func TestProgramIsPredicate(t *testing.T) {
	for _, link := range []Link{Ethernet, LinuxSLL, LinuxSLL2, Raw, PPP} {
		all := packets(link)
		if len(all) == 0 {
			t.Fatalf("no packets of link type %d", link)
		}
		tried := 0
		for i, text := range expressions() {
			if testing.Short() && link != Ethernet && i%8 != 0 {
				continue
			}
			p, err := parse(t, text).For(View{Link: link})
			if err != nil {
				if link == Ethernet {
					t.Error(err)
				}
				continue
			}
			raw, err := p.Instructions()
			if err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			vm := machine(t, text, raw)
			tried++
			for _, packet := range all {
				if got, want := p.Match(packet, len(packet)), takes(t, vm, packet); got != want {
					t.Errorf("link type %d: %s: predicate %v, program %v: %x", link, text, got, want, packet)
					break
				}
			}
		}
		if tried < 200 && !testing.Short() || tried < 40 {
			t.Errorf("link type %d: only %d expressions", link, tried)
		}
	}
}

// Every expression takes the packets that tcpdump's program for it takes.
func TestAsTcpdump(t *testing.T) {
	if _, err := exec.LookPath("tcpdump"); err != nil {
		t.Skip("tcpdump is not there to compare with")
	}
	for link, name := range map[Link]string{Ethernet: "EN10MB", Raw: "RAW", LinuxSLL2: "LINUX_SLL2", LinuxSLL: "LINUX_SLL"} {
		every := map[Link]int{Ethernet: 1}[link]
		if every == 0 {
			every = 6
		}
		if testing.Short() {
			every *= 25
		}
		compareAll(t, link, name, every)
	}
}

func compareAll(t *testing.T, link Link, name string, every int) {
	all := packets(link)
	var wait sync.WaitGroup
	free := make(chan bool, 4)
	for i, text := range expressions() {
		if i%every != 0 {
			continue
		}
		wait.Add(1)
		free <- true
		go func() {
			defer func() { <-free; wait.Done() }()
			compareOne(t, link, name, text, all)
		}()
	}
	wait.Wait()
}

func compareOne(t *testing.T, link Link, name, text string, all [][]byte) {
	theirs, err := tcpdump(name, text)
	p, mine := parse(t, text).For(View{Link: link})
	if err != nil || mine != nil {
		if vlan := strings.Contains(text, "vlan") && link != Ethernet; !vlan && (err == nil || mine == nil) {
			t.Errorf("%s: %s: tcpdump: %v; here: %v", name, text, err, mine)
		}
		return
	}
	if slices.ContainsFunc(theirs, func(i bpf.RawInstruction) bool { return i.Op == 0x84 }) {
		return // NEG, which the machine cannot do
	}
	vm := machine(t, text, theirs)
	for _, packet := range all {
		if got, want := p.Match(packet, len(packet)), takes(t, vm, packet); got != want {
			t.Errorf("%s: %s: here %v, tcpdump %v: %x", name, text, got, want, packet)
			return
		}
	}
}

// tcpdump compiles an expression without its optimizer, which looks at bytes
// in another order and so refuses other short packets.
func tcpdump(link, text string) ([]bpf.RawInstruction, error) {
	out, err := exec.Command("tcpdump", "-O", "-y", link, "-ddd", "--", text).CombinedOutput()
	if err != nil {
		return nil, errors.New(strings.TrimSpace(string(out)))
	}
	var list []bpf.RawInstruction
	for l := range strings.Lines(string(out)) {
		f := strings.Fields(l)
		if len(f) != 4 {
			continue
		}
		var n [4]uint64
		for i := range n {
			if n[i], err = strconv.ParseUint(f[i], 10, 32); err != nil {
				return nil, fmt.Errorf("%q", l)
			}
		}
		list = append(list, bpf.RawInstruction{Op: uint16(n[0]), Jt: uint8(n[1]), Jf: uint8(n[2]), K: uint32(n[3])})
	}
	return list, nil
}

// What has no meaning is refused where that shows.
func TestRefused(t *testing.T) {
	for l := range strings.Lines(refused) {
		at, text, ok := strings.Cut(strings.TrimSpace(l), "\t")
		if !ok {
			continue
		}
		f, err := Parse(text)
		if err == nil {
			_, err = f.For(View{Link: Ethernet})
		}
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%s: taken (%v)", text, err)
			continue
		}
		if want, _ := strconv.Atoi(at); e.Offset != want {
			t.Errorf("%s: refused at %d, want %d: %s", text, e.Offset, want, e.Reason)
		}
	}
}

// What is refused here is refused by tcpdump, or is known to be more than is
// done here.
func TestRefusedByTcpdump(t *testing.T) {
	if _, err := exec.LookPath("tcpdump"); err != nil || testing.Short() {
		t.Skip("tcpdump is not there, or -short")
	}
	more := []string{"host example.com", "gateway 10.0.0.1", "ip protochain 6", "mpls", "pppoes and tcp", "geneve", "ether proto 100", "ip proto 256", "wlan host", "host port", "ip[0]<<32"}
	for l := range strings.Lines(refused) {
		_, text, ok := strings.Cut(strings.TrimSpace(l), "\t")
		if !ok {
			continue
		}
		known := false
		for _, m := range more {
			known = known || strings.HasPrefix(text, m)
		}
		if _, err := tcpdump("EN10MB", text); err == nil && !known {
			t.Errorf("%s: tcpdump takes it", text)
		}
	}
}

func TestEmpty(t *testing.T) {
	for _, text := range []string{"", "  \n"} {
		p, err := parse(t, text).For(View{Link: 4711})
		if err != nil || !p.Match(nil, 0) {
			t.Errorf("%q: %v", text, err)
		}
		raw, err := p.Instructions()
		if err != nil || !takes(t, machine(t, text, raw), []byte{1}) {
			t.Errorf("%q: %v %v", text, raw, err)
		}
	}
}

// In the kernel, the outermost tag is not in the packet.
func TestKernelView(t *testing.T) {
	p, err := parse(t, "vlan 42 and tcp port 443").For(View{Link: Ethernet, Kernel: true})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := p.Instructions()
	if err != nil {
		t.Fatal(err)
	}
	if raw[0].K != ancillaryBase+adTagPresent {
		t.Errorf("begins with %+v", raw[0])
	}
	for _, i := range raw {
		if i.Op == opLoadAbs|halves && i.K == 16 {
			t.Error("looks for the EtherType behind a tag")
		}
	}
	cooked, err := parse(t, "tcp port 443").For(View{Link: LinuxSLL2, Kernel: true, Cooked: true})
	if err != nil {
		t.Fatal(err)
	}
	if raw, err = cooked.Instructions(); err != nil || raw[0].K != ancillaryBase+adProtocol || raw[2].K != 9 {
		t.Errorf("cooked: %+v %v", raw[:3], err)
	}
}

// A list of hundreds of addresses needs jumps further than 255 instructions.
func TestLongJumps(t *testing.T) {
	var b strings.Builder
	for i := range 500 {
		if i > 0 {
			b.WriteString(" or ")
		}
		fmt.Fprintf(&b, "ip src 10.7.%d.%d", i/250, i%250)
	}
	p, err := parse(t, b.String()).For(View{Link: Ethernet})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := p.Instructions()
	if err != nil {
		t.Fatal(err)
	}
	vm := machine(t, "long", raw)
	for host, want := range map[string]bool{"10.7.0.0": true, "10.7.1.249": true, "10.7.0.77": true, "10.7.2.1": false} {
		packet := join(ethernet(2, etherIP), ip4(6, host, "10.0.0.1", 0, 0, tcp(1, 2, 0)...))
		if p.Match(packet, len(packet)) != want || takes(t, vm, packet) != want {
			t.Errorf("%s: not %v", host, want)
		}
	}
	var huge bytes.Buffer
	for i := range 3000 {
		fmt.Fprintf(&huge, "port %d or ", i+1)
	}
	f, err := Parse(strings.TrimSuffix(huge.String(), " or "))
	if err != nil {
		t.Fatal(err)
	}
	if p, err = f.For(View{Link: Ethernet}); err == nil {
		_, err = p.Instructions()
	}
	if err == nil {
		t.Error("more instructions than the kernel takes")
	}
}

// ICMP errors and fragments come along, other ICMP does not.
func TestRelated(t *testing.T) {
	f := parse(t, "tcp port 443")
	exact, _ := f.For(View{Link: Ethernet})
	wide, err := f.Related().For(View{Link: Ethernet})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		packet      []byte
		exact, wide bool
	}{
		{ip4(6, "10.0.0.1", "10.0.0.2", 0, 0, tcp(5, 443, 2)...), true, true},
		{ip4(6, "10.0.0.1", "10.0.0.2", 0, 0, tcp(5, 80, 2)...), false, false},
		{ip4(6, "10.0.0.1", "10.0.0.2", 0x20, 0, 1, 2, 3, 4), false, true},
		{ip4(1, "10.0.0.1", "10.0.0.2", 0, 0, 3, 4, 0, 0, 0, 0, 0, 0), false, true},
		{ip4(1, "10.0.0.1", "10.0.0.2", 0, 0, 8, 0, 0, 0, 0, 0, 0, 0), false, false},
	} {
		b := join(ethernet(2, etherIP), c.packet)
		if exact.Match(b, len(b)) != c.exact || wide.Match(b, len(b)) != c.wide {
			t.Errorf("%x: exact %v, with what belongs to it %v", c.packet, exact.Match(b, len(b)), wide.Match(b, len(b)))
		}
	}
}

// FuzzFilter holds that no text crashes, and that predicate and program agree.
func FuzzFilter(f *testing.F) {
	for _, e := range expressions() {
		f.Add(e, []byte{})
	}
	all := packets(Ethernet)
	f.Fuzz(func(t *testing.T, text string, packet []byte) {
		parsed, err := Parse(text)
		if err != nil {
			return
		}
		p, err := parsed.For(View{Link: Ethernet})
		if err != nil {
			return
		}
		raw, err := p.Instructions()
		if err != nil {
			return
		}
		vm := machine(t, text, raw)
		for _, b := range append([][]byte{packet}, all[:20]...) {
			if p.Match(b, len(b)) != takes(t, vm, b) {
				t.Fatalf("%s: predicate and program disagree on %x", text, b)
			}
		}
	})
}
