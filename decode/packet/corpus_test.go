package packet

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tlswhy/decode/capture"
)

// captures lists the capture files below the given directories of shared.
func captures(t *testing.T, dirs ...string) (files []string) {
	t.Helper()
	for _, dir := range dirs {
		err := filepath.WalkDir(shared(t, dir), func(path string, d fs.DirEntry, err error) error {
			for _, ext := range []string{".pcap", ".pcapng", ".cap", ".dmp", ".trace", ".ntar"} {
				if err == nil && !d.IsDir() && strings.HasSuffix(path, ext) {
					files = append(files, path)
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(files) < 10 {
		t.Fatalf("only %d captures", len(files))
	}
	return files
}

// eachPacket calls f for every packet of a capture that can be read.
func eachPacket(t *testing.T, file string, f func(pkt *capture.Packet)) {
	t.Helper()
	in, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	r, err := capture.NewReader(in, file)
	if err != nil {
		return // not a capture: decode/capture's business
	}
	var pkt capture.Packet
	for r.Next(&pkt) == nil {
		f(&pkt)
	}
}

// TestCorpus reads every packet of the captures beside the repository.
func TestCorpus(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	results := map[Result]int{}
	refused := map[capture.LinkType]int{}
	tunnels := map[string]int{}
	for _, file := range captures(t, "corpus", "lab") {
		p, s := NewParser(), Segment{}
		eachPacket(t, file, func(pkt *capture.Packet) {
			r := p.Parse(pkt, &s)
			if err := checkSegment(p, pkt, r, &s); err != nil {
				t.Errorf("%s, frame %d: %v", file, pkt.Number, err)
			}
			results[r]++
			tunnels[s.Tunnel]++
		})
		for _, u := range p.Unsupported() {
			refused[u.LinkType] += u.Packets
		}
	}
	for _, r := range slices.Sorted(maps.Keys(results)) {
		t.Logf("%-22v %7d packets", r, results[r])
	}
	t.Logf("not supported: %v; tunnels: %v", refused, tunnels)
}
