package capture

import (
	"bytes"
	"encoding/csv"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// table reads a tab-separated file with a header line.
func table(t *testing.T, path string) []map[string]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	in := csv.NewReader(f)
	in.Comma, in.LazyQuotes = '\t', true
	lines, err := in.ReadAll()
	if err != nil || len(lines) < 2 {
		t.Fatalf("%s: %d lines, %v", path, len(lines), err)
	}
	var rows []map[string]string
	for _, line := range lines[1:] {
		row := make(map[string]string)
		for i, name := range lines[0] {
			row[name] = line[i]
		}
		rows = append(rows, row)
	}
	return rows
}

// fact is what the index says of a file.
type fact struct {
	last   int  // number of the last frame
	broken bool // reading ends with an error
	cut    int  // packets shorter than on the wire
}

// exceptions are files of which the index does not tell what Wireshark shows.
var exceptions = map[string]fact{
	// The index counts no simple packets; two of them are cut.
	"gopacket/pcapgo__tests__be__test202.pcapng": {11, false, 6},
	// The index counts past a section of version 2.0, tshark stops there.
	"gopacket/pcapgo__tests__be__test901.pcapng": {1, true, 0},
	"gopacket/pcapgo__tests__le__test901.pcapng": {1, true, 0},
	// Version 2.0: the lengths stand the other way round; tshark knows, the index does not.
	"ndpi/tests__cfgs__default__pcap__fuzz-2021-10-13.pcap": {1, true, 1},
	// A fuzzed length in the second record: tshark guesses a variant with
	// other record headers and so finds another packet 8 bytes further on.
	"suricata-verify/tests__bug-6875-01__fuzz.pcap": {1, true, 0},
}

// indexed is what Wireshark makes of a file.
func indexed(t *testing.T, row map[string]string) fact {
	if f, ok := exceptions[row["file"]]; ok {
		return f
	}
	f := fact{count(t, row["tshark_packets"]), row["file_truncation"] != "" || row["tshark_exit"] == "2", count(t, row["packets_cut_by_snaplen"])}
	if f.last == 0 { // tshark does not know the link type
		f.last, f.broken = count(t, row["packets"]), false
	}
	return f
}

func TestCorpus(t *testing.T) {
	dir := shared(t, "corpus")
	rows := table(t, filepath.Join(dir, "index.tsv"))
	for _, row := range rows {
		t.Run(row["file"], func(t *testing.T) { corpusFile(t, filepath.Join(dir, row["file"]), row) })
	}
}

func corpusFile(t *testing.T, path string, row map[string]string) {
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := NewReader(f, path)
	if err != nil {
		t.Fatal(err)
	}
	var p Packet
	last, cut := 0, 0
	for err = r.Next(&p); err == nil; err = r.Next(&p) {
		if p.Number <= last {
			t.Fatalf("frame %d after %d", p.Number, last)
		}
		last = p.Number
		if p.Length > len(p.Data) {
			cut++
		}
	}
	var e *Error
	if got := (fact{last, errors.As(err, &e), cut}); got != indexed(t, row) {
		t.Errorf("%+v (%v), want %+v", got, err, indexed(t, row))
	}
	if secrets := count(t, row["secrets_blocks"]); len(r.Secrets()) != secrets {
		t.Errorf("%d secrets blocks, want %d", len(r.Secrets()), secrets)
	}
	container := strings.NewReplacer("-be", "", "-ns", "", ".gz", "+gzip").Replace(row["container"])
	if r.Format() != container {
		t.Errorf("format %s, want %s", r.Format(), container)
	}
}

func count(t *testing.T, s string) int {
	t.Helper()
	if s == "" {
		return 0
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Every packet of links is read, with the link type of its file header.
func TestLinks(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(shared(t, "links"), "*.pcap"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, path := range files {
		file, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all, r, err := readAll(bytes.NewReader(file))
		if err != nil || len(all) == 0 {
			t.Errorf("%s: %d packets, %v", path, len(all), err)
			continue
		}
		if name := r.LinkTypes()[0].String(); name == strconv.Itoa(int(r.LinkTypes()[0])) {
			t.Errorf("%s: link type %s has no name", path, name)
		}
	}
}
