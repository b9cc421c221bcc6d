package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/tabwriter"
)

// shared finds a folder of labelled captures beside the tree, or skips.
func shared(t testing.TB, name string) string {
	t.Helper()
	root(t)
	dir := filepath.Join(cmp.Or(os.Getenv("TLSWHY_SHARED"), "../shared"), name)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("%s is not here (TLSWHY_SHARED says where)", dir)
	}
	return dir
}

// table reads a table with a header; its lines are never quoted.
func table(t testing.TB, name string) []map[string]string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	header := strings.Split(lines[0], "\t")
	var rows []map[string]string
	for _, line := range lines[1:] {
		row := map[string]string{}
		for i, v := range strings.Split(line, "\t") {
			if i < len(header) {
				row[header[i]] = v
			}
		}
		rows = append(rows, row)
	}
	if len(rows) == 0 {
		t.Fatalf("%s has no rows", name)
	}
	return rows
}

// tally counts how verdicts compare with labels.
type tally struct {
	failing, top1, top3, fault, cited, evidence int
	healthy, missing, bare                      int
	wrong                                       []string // false findings: a healthy handshake called broken
	missed                                      []string // failures with another finding than the label's
	certainty                                   map[string][2]int
	families                                    map[string][2]int
}

func newTally() *tally {
	return &tally{certainty: map[string][2]int{}, families: map[string][2]int{}}
}

func count(m map[string][2]int, key string, right bool) {
	n := m[key]
	if n[1]++; right {
		n[0]++
	}
	m[key] = n
}

// label is what is known of one connection.
type label struct {
	name, client, server    string
	outcome, finding, fault string // alternatives, separated by |
	frames                  []int  // one of them is the decisive one; empty when not known
}

func (l label) String() string { return fmt.Sprintf("%s %s > %s", l.name, l.client, l.server) }

// add compares the verdict on one connection with its label.
func (n *tally) add(l label, doc *document) {
	i := slices.IndexFunc(doc.Handshakes, func(h handshake) bool { return h.Client == l.client && h.Server == l.server })
	failing := l.finding != "-"
	if failing {
		n.failing++
	} else {
		n.healthy++
	}
	if i < 0 {
		n.missing++
		n.missed = append(n.missed, l.String()+": not reported")
		return
	}
	h := &doc.Handshakes[i]
	found := h.errors()
	for _, f := range found {
		if len(f.Evidence) == 0 || len(f.Fixes) == 0 {
			n.bare++
		}
	}
	switch {
	case !failing && len(found) > 0:
		n.wrong = append(n.wrong, fmt.Sprintf("%s: %s", l, found[0].ID))
		count(n.certainty, found[0].Confidence, false)
	case failing:
		n.verdict(l, h, found)
	}
}

func (n *tally) verdict(l label, h *handshake, found []finding) {
	family, _, _ := strings.Cut(l.finding, "|")
	if len(found) == 0 {
		right := accepts(l.finding, "-")
		count(n.families, family, right)
		if right {
			n.top1, n.top3, n.fault = n.top1+1, n.top3+1, n.fault+1
		} else {
			n.missed = append(n.missed, fmt.Sprintf("%s: %s and no finding, want %s", l, h.Outcome, l.finding))
		}
		return
	}
	f := found[0]
	ranked := []string{f.ID}
	for _, c := range f.Causes {
		ranked = append(ranked, c.ID)
	}
	right := accepts(l.finding, f.ID)
	count(n.families, family, right)
	count(n.certainty, f.Confidence, right)
	if right {
		n.top1++
	} else {
		n.missed = append(n.missed, fmt.Sprintf("%s: %s (%s), want %s", l, f.ID, f.Confidence, l.finding))
	}
	if slices.ContainsFunc(ranked[:min(3, len(ranked))], func(id string) bool { return accepts(l.finding, id) }) {
		n.top3++
	}
	if l.fault == "any" || l.fault == "" || accepts(l.fault, f.Fault) {
		n.fault++
	}
	if len(l.frames) > 0 {
		n.cited++
		if slices.ContainsFunc(f.Evidence, func(e struct{ Frame int }) bool { return slices.Contains(l.frames, e.Frame) }) {
			n.evidence++
		}
	}
}

// percent is a of b, and 100 of nothing.
func percent(a, b int) float64 {
	if b == 0 {
		return 100
	}
	return 100 * float64(a) / float64(b)
}

func (n *tally) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d failing: top-1 %.1f %%, top-3 %.1f %%, fault %.1f %%, evidence %.1f %% of %d; %d not failing: %d false; %d not reported; %d without evidence or fix\n",
		n.failing, percent(n.top1, n.failing), percent(n.top3, n.failing), percent(n.fault, n.failing), percent(n.evidence, n.cited), n.cited, n.healthy, len(n.wrong), n.missing, n.bare)
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, key := range []string{"certain", "likely", "possible"} {
		fmt.Fprintf(w, "%s\tright %d of %d\n", key, n.certainty[key][0], n.certainty[key][1])
	}
	for _, key := range slices.Sorted(maps.Keys(n.families)) {
		if m := n.families[key]; m[0] < m[1] {
			fmt.Fprintf(w, "%s\tright %d of %d\n", key, m[0], m[1])
		}
	}
	w.Flush()
	for _, line := range slices.Concat(n.wrong, n.missed) {
		fmt.Fprintln(&b, line)
	}
	return b.String()
}

// floor is what a tally must not fall below, in percent.
type floor struct{ top1, top3, fault, evidence, likely float64 }

// check holds a tally against its floor. What is certain must be right, and
// no healthy handshake may be called broken but those whose label the bytes
// prove wrong.
func (n *tally) check(t *testing.T, f floor, disputed map[string]string) {
	t.Helper()
	t.Log(n)
	for _, c := range []struct {
		what      string
		got, want float64
	}{
		{"top-1", percent(n.top1, n.failing), f.top1}, {"top-3", percent(n.top3, n.failing), f.top3},
		{"fault", percent(n.fault, n.failing), f.fault}, {"evidence", percent(n.evidence, n.cited), f.evidence},
		{"likely and right", percent(n.certainty["likely"][0], n.certainty["likely"][1]), f.likely},
	} {
		if c.got < c.want {
			t.Errorf("%s is %.1f %%, at least %.1f %% is asked for", c.what, c.got, c.want)
		}
	}
	if n.bare > 0 {
		t.Errorf("%d errors without evidence or without a fix", n.bare)
	}
	var wrong []string
	for _, line := range n.wrong {
		who, _, _ := strings.Cut(line, ": ")
		if disputed[who] == "" {
			wrong = append(wrong, line)
		}
	}
	if len(wrong) > 0 {
		t.Errorf("healthy, and called broken:\n%s", strings.Join(wrong, "\n"))
	}
	if c := n.certainty["certain"]; c[0]+len(n.wrong)-len(wrong) < c[1] {
		t.Errorf("certain and right: %d of %d", c[0], c[1])
	}
}

// TestCalibration scores the verdicts on the recorded captures.
func TestCalibration(t *testing.T) {
	root(t)
	n := newTally()
	for _, capture := range recorded(t) {
		var doc document
		if err := json.Unmarshal(runTlswhy(t, append([]string{"--format", "json", "--all"}, arguments(t, capture)...)...), &doc); err != nil {
			t.Fatal(err)
		}
		for _, w := range readWant(t, stem(capture)+".want").blocks {
			if accepts(w["outcome"], "other") {
				continue
			}
			l := label{name: stem(capture), client: w["client"], server: w["server"], outcome: w["outcome"],
				finding: cmp.Or(w["finding"], "-"), fault: w["fault"], frames: numbers(w["evidence"])}
			n.add(l, &doc)
		}
	}
	n.check(t, floor{top1: 99, top3: 99, fault: 99, evidence: 99, likely: 95}, nil)
}

func numbers(text string) (list []int) {
	for _, s := range regexp.MustCompile(`\d+`).FindAllString(text, -1) {
		if n, err := strconv.Atoi(s); err == nil {
			list = append(list, n)
		}
	}
	return list
}

// TestSharedLab and TestSharedCorpus score the verdicts on captures of real
// stacks that fail in known ways, and on those of other projects.
func TestSharedLab(t *testing.T) {
	scored(t, shared(t, "lab")).check(t, floor{top1: 99, top3: 99, fault: 97, evidence: 95, likely: 95}, nil)
}

func TestSharedCorpus(t *testing.T) {
	scored(t, shared(t, "corpus")).check(t, floor{top1: 90, top3: 92, fault: 95, likely: 90}, map[string]string{
		"ndpi/tests__cfgs__default__pcap__malware.pcap 192.168.7.7:35236 > 67.215.92.210:443":            "the certificate is of another name, and Firefox leaves with an alert in frame 21, before the server's Finished",
		"suricata-verify/tests__base64-decode-5885__input.pcap 192.168.100.67:57558 > 142.251.39.35:443": "the server's FIN is in frame 1112, before the client's Finished, and it answers that with RST",
	})
}

func scored(t *testing.T, dir string) *tally {
	t.Helper()
	frames := map[string][]int{}
	for _, row := range table(t, filepath.Join(dir, "labels.tsv")) {
		if _, connection := row["stream"]; !connection {
			frames[row["file"]] = numbers(row["decisive_frames"])
		}
	}
	n := newTally()
	docs := map[string]*document{}
	for _, row := range table(t, filepath.Join(dir, "expect.tsv")) {
		if row["outcome"] == "none" {
			continue
		}
		key := row["file"] + " " + row["keylog"]
		if docs[key] == nil {
			docs[key] = sharedReport(t, dir, row["file"], row["keylog"])
		}
		n.add(label{row["file"], row["client"], row["server"], row["outcome"], row["primary"], row["fault"], frames[row["file"]]}, docs[key])
	}
	return n
}

// sharedReport is the report on a capture of the shared folders, which may
// come with trouble: some of them are cut or broken.
func sharedReport(t *testing.T, dir, file, keylog string) *document {
	t.Helper()
	args := []string{"--format", "json", "--all", "-q"}
	if keylog != "" {
		args = append(args, "--keylog", filepath.Join(dir, keylog))
	}
	if roots := filepath.Join(dir, "roots.pem"); exists(roots) {
		args = append(args, "--roots", roots)
	}
	var out bytes.Buffer
	run(context.Background(), append(args, filepath.Join(dir, file)), streams{strings.NewReader(""), &out, io.Discard, func(string) string { return "" }})
	doc := new(document)
	if err := json.Unmarshal(out.Bytes(), doc); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return doc
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

// TestSharedRobustness takes captures without usable TLS: nothing of them is
// called a failed handshake.
func TestSharedRobustness(t *testing.T) {
	dir := shared(t, "corpus")
	for _, row := range table(t, filepath.Join(dir, "robustness.tsv")) {
		for _, h := range sharedReport(t, dir, row["file"], "").Handshakes {
			for _, f := range h.errors() {
				if reason := plainFailures[f.ID]; reason == "" {
					t.Errorf("%s (%s): %s %s > %s", row["file"], row["why"], f.ID, h.Client, h.Server)
				}
			}
		}
	}
}

// plainFailures are the findings that need no TLS.
var plainFailures = map[string]string{}

// TestSharedFormats renders every capture in every format, without a panic.
func TestSharedFormats(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute")
	}
	dir := shared(t, "corpus")
	n := 0
	err := filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || strings.HasSuffix(name, ".tsv") || strings.HasSuffix(name, ".md") || strings.HasSuffix(name, ".py") {
			return err
		}
		n++
		for _, format := range []string{"text", "ndjson", "markdown", "html"} {
			var out bytes.Buffer
			status := run(context.Background(), []string{"--all", "-q", "--format", format, name}, streams{strings.NewReader(""), &out, io.Discard, func(string) string { return "" }})
			if out.Len() == 0 && status != statusTrouble && format != "ndjson" {
				t.Errorf("%s as %s: no report", name, format)
			}
		}
		return nil
	})
	if err != nil || n == 0 {
		t.Fatalf("%d captures: %v", n, err)
	}
}

// TestSharedParity compares what is decoded with tables made by other tools,
// but for the differences in which the bytes prove those wrong.
func TestSharedParity(t *testing.T) {
	dir := shared(t, "corpus")
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("the comparison needs python3")
	}
	program := filepath.Join(t.TempDir(), "tlswhy")
	if out, err := exec.Command("go", "build", "-o", program, "./cmd/tlswhy").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	out, err := exec.Command(python, filepath.Join(dir, "..", "parity.py"), "--exceptions", "cmd/tlswhy/parity_exceptions.tsv", program, dir).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
	share := regexp.MustCompile(`([0-9.]+) %`).FindSubmatch(out)
	if share == nil {
		t.Fatal("no figure")
	}
	if got, err := strconv.ParseFloat(string(share[1]), 64); err != nil || got < parityFloor {
		t.Errorf("%s %% of the fields are equal, at least %.1f %% is asked for", share[1], parityFloor)
	}
}

// parityFloor is the least share of fields, in percent, that is equal.
const parityFloor = 98.5
