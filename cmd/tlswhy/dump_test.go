package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tlswhy/analyze"
	"tlswhy/analyze/render"
	"tlswhy/decode/capture"
)

func someInterfaces() []capture.Interface {
	return []capture.Interface{{Name: "eth0", LinkType: capture.LinkEthernet}, {Name: "eth1", LinkType: capture.LinkEthernet}}
}

// readAll returns the packets of a file, which has to be whole.
func readAll(t *testing.T, name string) (numbers []int64, comments []string, interfaces []capture.Interface) {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	r, err := capture.NewReader(bytes.NewReader(b), name)
	if err != nil {
		t.Fatal(err)
	}
	var p capture.Packet
	for {
		if err = r.Next(&p); err != nil {
			break
		}
		numbers = append(numbers, p.Time)
		comments = append(comments, p.Comments()...)
	}
	if err.Error() != "EOF" {
		t.Errorf("%s: %v", name, err)
	}
	return numbers, comments, r.Interfaces()
}

func TestDumpRotates(t *testing.T) {
	dir := t.TempDir()
	o := &options{write: filepath.Join(dir, "x.pcapng"), rotateSize: 1, rotateFiles: 3}
	d, err := newDump(o, someInterfaces)
	if err != nil {
		t.Fatal(err)
	}
	const packets = 6000
	for i := range packets {
		d.write(&capture.Packet{Time: int64(i), Data: make([]byte, 1000), Length: 1000, Interface: i & 1, LinkType: capture.LinkEthernet})
	}
	if err := d.close(packets, packets, 5); err != nil {
		t.Fatal(err)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	if len(files) != 3 || filepath.Base(files[2]) != "x-00006.pcapng" && filepath.Base(files[2]) != "x-00007.pcapng" {
		t.Fatalf("files %v", files)
	}
	next := int64(-1)
	for _, f := range files {
		if s, _ := os.Stat(f); s.Size() > 1_200_000 {
			t.Errorf("%s has %d bytes", f, s.Size())
		}
		times, _, interfaces := readAll(t, f)
		if next >= 0 && times[0] != next || len(interfaces) != 2 {
			t.Errorf("%s begins with %d, want %d; interfaces %v", f, times[0], next, interfaces)
		}
		next = times[len(times)-1] + 1
	}
	if next != packets {
		t.Errorf("the last packet is %d", next-1)
	}
}

func TestDumpOverwritesNothing(t *testing.T) {
	file := write(t, "x.pcapng", []byte("precious"))
	if _, err := newDump(&options{write: file}, someInterfaces); err == nil || !strings.Contains(err.Error(), "--force") {
		t.Errorf("%v", err)
	}
	if b, _ := os.ReadFile(file); string(b) != "precious" {
		t.Errorf("now it holds %q", b)
	}
	d, err := newDump(&options{write: file, force: true}, someInterfaces)
	if err != nil {
		t.Fatal(err)
	}
	d.write(&capture.Packet{Time: 7, Data: []byte{1}})
	if err := d.flush(); err != nil { // as after kill -9: not closed
		t.Fatal(err)
	}
	if times, _, _ := readAll(t, file); len(times) != 1 || times[0] != 7 {
		t.Errorf("packets %v", times)
	}
}

// A full disk ends the file after its last whole block.
func TestDumpFullDisk(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("there is no /dev/full")
	}
	if _, err := newDump(&options{write: "/dev/full"}, someInterfaces); err == nil || !strings.Contains(err.Error(), "no space left") {
		t.Errorf("%v", err)
	}
}

// Of recent packets, those of failing connections are written, from the first
// one on, and what comes later of them.
func TestRecent(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.pcapng")
	d, err := newDump(&options{write: file}, someInterfaces)
	if err != nil {
		t.Fatal(err)
	}
	r := newRecent(d, render.NewLive(render.Options{}), 100_000)
	add := func(stream, number int, size int) {
		r.add(flowID{true, stream}, &capture.Packet{Number: number, Time: int64(number), Data: make([]byte, size), LinkType: capture.LinkEthernet})
	}
	for i := range 10 {
		add(i%2, i+1, 100)
	}
	h := &analyze.Handshake{Outcome: analyze.Failed, Findings: []*analyze.Finding{{ID: "cert-expired", Severity: analyze.Error,
		Evidence: []analyze.Evidence{{Frame: 4, Text: analyze.T("common/capture-warning", analyze.Word("proof"))}}}}}
	r.failed(flowID{true, 1}, h)
	r.failed(flowID{true, 1}, h)
	r.forget(flowID{true, 0})
	add(1, 11, 100)
	for i := range 3000 { // another that grows: it is given up, and so are old ones
		add(2, 100+i, 1000)
		add(3+i, 9000+i, 100)
		if r.bytes > r.limit {
			t.Fatalf("%d bytes are kept", r.bytes)
		}
	}
	if err := d.close(0, 0, 0); err != nil {
		t.Fatal(err)
	}
	times, comments, _ := readAll(t, file)
	if fmt.Sprint(times) != "[2 4 6 8 10 11]" {
		t.Errorf("packets %v", times)
	}
	if len(comments) != 2 || !strings.HasPrefix(comments[0], "tlswhy: error[cert-expired]") || comments[1] != "proof" {
		t.Errorf("comments %q", comments)
	}
	if len(r.order) > 3000 {
		t.Errorf("%d in the order of %d", len(r.order), len(r.conns))
	}
}
