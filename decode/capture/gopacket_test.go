package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/gopacket"
	"github.com/google/gopacket/pcapgo"
)

// list is a gopacket source of packets in memory, ended by err.
type list struct {
	infos []gopacket.CaptureInfo
	data  [][]byte
	err   error
}

func (l *list) ZeroCopyReadPacketData() ([]byte, gopacket.CaptureInfo, error) {
	if len(l.data) == 0 {
		return nil, gopacket.CaptureInfo{}, l.err
	}
	data, info := l.data[0], l.infos[0]
	l.data, l.infos = l.data[1:], l.infos[1:]
	return data, info, nil
}

func TestFromGopacket(t *testing.T) {
	timeout := errors.New("timeout")
	src := &list{
		infos: []gopacket.CaptureInfo{
			{Timestamp: time.Unix(5, 7), CaptureLength: 3, Length: 9, InterfaceIndex: 4},
			{CaptureLength: 2, InterfaceIndex: 2},
			{Timestamp: time.Unix(6, 0), CaptureLength: 1, Length: 1, InterfaceIndex: 4},
		},
		data: [][]byte{payload(3), payload(2), payload(1)},
		err:  timeout,
	}
	var s Source = FromGopacket(src, LinkRaw)
	var all []got
	var p Packet
	for s.Next(&p) == nil {
		all = append(all, keep(&p))
	}
	same(t, all, []got{
		{1, 5e9 + 7, true, 9, string(payload(3)), LinkRaw, 0, ""},
		{2, 0, false, 2, string(payload(2)), LinkRaw, 1, ""},
		{3, 6e9, true, 1, string(payload(1)), LinkRaw, 0, ""},
	})
	if len(s.Interfaces()) != 2 {
		t.Errorf("interfaces %+v", s.Interfaces())
	}
	if err := s.Next(&p); err != timeout {
		t.Error(err)
	}
	src.err = io.EOF
	if err := s.Next(&p); err != io.EOF {
		t.Error(err)
	}
}

// peer reads a capture with pcapgo, as far as it can.
func peer(file []byte) (all []got, err error) {
	if binary.LittleEndian.Uint32(file) == uint32(BlockSection) {
		r, err := pcapgo.NewNgReader(bytes.NewReader(file), pcapgo.NgReaderOptions{WantMixedLinkType: true})
		if err != nil {
			return nil, err
		}
		return drain(r), nil
	}
	r, err := pcapgo.NewReader(bytes.NewReader(file))
	if err != nil {
		return nil, err
	}
	return drain(r), nil
}

func drain(src gopacket.ZeroCopyPacketDataSource) []got {
	s := FromGopacket(src, 0)
	var all []got
	var p Packet
	for s.Next(&p) == nil {
		all = append(all, keep(&p))
	}
	return all
}

// comparable is what both readers tell: pcapgo numbers packets, not frames,
// and gives simple packets the time 0.
func comparable(all []got) []got {
	all = slices.Clone(all)
	for i := range all {
		all[i].Number, all[i].LinkType, all[i].Interface, all[i].Comments = 0, 0, 0, ""
		if all[i].Time == 0 {
			all[i].HasTime = false
		}
	}
	return all
}

// unequal are captures that pcapgo reads to a wrong end, and why.
var unequal = map[string]string{
	"ndpi/tests__cfgs__default__pcap__fuzz-2021-06-07-c6c72a0a56.pcap": "microseconds over 4 294 967 wrap",
	"tcpdump/tests__atm-oam-loopback-print-overrun.pcap":               "microseconds over 4 294 967 wrap",
	"tcpdump/tests__802_15_4-oobr-2.pcap":                              "captured over snaplen is refused",
	"zeek/testing__btest__Traces__trunc__trunc-hdr.pcap":               "captured over snaplen is refused",
}

// Where pcapgo reads a capture to its end, it and we read the same packets.
func TestAgainstPcapgo(t *testing.T) {
	dir := shared(t, "corpus")
	compared := 0
	for _, row := range table(t, filepath.Join(dir, "index.tsv")) {
		if row["container"] == "pcap.gz" || row["container"] == "pcapng.gz" || row["file_truncation"] != "" || row["tshark_exit"] == "2" {
			continue
		}
		file, err := os.ReadFile(filepath.Join(dir, row["file"]))
		if err != nil {
			t.Fatal(err)
		}
		theirs, err := peer(file)
		if err != nil {
			continue
		}
		if unequal[row["file"]] != "" {
			continue
		}
		ours, _, err := readAll(bytes.NewReader(file))
		if err != nil {
			t.Errorf("%s: %v", row["file"], err)
			continue
		}
		if !slices.Equal(comparable(ours), comparable(theirs)) {
			t.Errorf("%s: %d packets, pcapgo %d; first that differs: %s", row["file"], len(ours), len(theirs), firstDifference(comparable(ours), comparable(theirs)))
			continue
		}
		compared++
	}
	t.Logf("%d captures compared", compared)
	if compared < 300 {
		t.Errorf("only %d captures compared", compared)
	}
}

func firstDifference(a, b []got) string {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			x, y := a[i], b[i]
			x.Data, y.Data = "", ""
			return fmt.Sprintf("%+v against %+v", x, y)
		}
	}
	return "the count"
}

func TestPcapgoReadsOurs(t *testing.T) {
	var out bytes.Buffer
	w := NewWriter(&out)
	w.WriteSection(Section{Application: "x"})
	w.AddInterface(Interface{Name: "a", LinkType: LinkEthernet})
	w.AddInterface(Interface{Name: "b", LinkType: LinkEthernet})
	for i := range 50 {
		w.WritePacket(i%2, &Packet{Time: 1_700_000_000_000000001 + int64(i), Data: payload(i + 1), Length: 2 * (i + 1)}, "note")
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	theirs, err := peer(out.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	ours, _ := mustRead(t, out.Bytes())
	if len(ours) != 50 || !slices.Equal(comparable(ours), comparable(theirs)) {
		t.Errorf("%d packets, pcapgo %d: %s", len(ours), len(theirs), firstDifference(comparable(ours), comparable(theirs)))
	}
}
