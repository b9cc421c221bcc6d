package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// set is a collection of labelled captures and the least that is asked of the
// verdicts, in per cent. Labels are not always right: the floors are what was
// reached, so that it does not fall.
type set struct {
	name                        string
	rows                        func(testing.TB) []row
	top1, top3, fault, evidence float64
	certain, likely             float64           // of those given how many are right
	givenCertain, givenPossible float64           // of the failing: at least, at most
	missing                     int               // connections that are known not to be found
	disputed                    map[string]string // file and client of a failure that its label calls none, and what proves it
}

// row is one labelled connection.
type row struct {
	report                  string // golden report, for captures that have one
	file, keylog, roots     string
	client, server          string
	outcome, finding, fault string
	evidence                []string // decisive frames; none when they are not known
}

// tally counts how verdicts and labels agree.
type tally struct {
	failing, healthy, top1, top3, fault int
	cited, evidence, missing            int
	outcome, outcomes                   int
	wrong                               []string // file and client, for each finding where nothing failed
	given, right                        map[string]int
}

// TestCalibrated scores the verdicts on all labelled captures: those of
// testdata, and the collections beside the repository where they are.
func TestCalibrated(t *testing.T) {
	root(t)
	sets := []set{{name: "testdata", rows: ownRows, top1: 99, top3: 99, fault: 99, evidence: 99, certain: 100, likely: 97, givenCertain: 45, givenPossible: 10}}
	if !testing.Short() {
		sets = append(sets, set{name: "../shared/lab", rows: sharedRows("../shared/lab"), top1: 99, top3: 99, fault: 97, evidence: 98, certain: 100, likely: 98,
			givenCertain: 60, givenPossible: 5},
			set{name: "../shared/corpus", rows: sharedRows("../shared/corpus"), top1: 93, top3: 95, fault: 97, certain: 100, likely: 93, givenPossible: 15,
				missing: 2, // QUIC of which only the server's packets are there: who is the client cannot be told
				disputed: map[string]string{
					"../shared/corpus/ndpi/tests__cfgs__default__pcap__malware.pcap 192.168.7.7:35236":            "the certificate is of another name, and Firefox leaves with an alert in frame 21, before the server's Finished",
					"../shared/corpus/suricata-verify/tests__base64-decode-5885__input.pcap 192.168.100.67:57558": "the server's FIN is in frame 1112, before the client's Finished, and RST answers that in frame 1118",
				}})
	}
	for _, s := range sets {
		t.Run(filepath.Base(s.name), func(t *testing.T) {
			if _, err := os.Stat(s.name); err != nil {
				t.Skip(s.name + " is not here")
			}
			s.hold(t, score(t, s.rows(t)))
		})
	}
}

// ownRows are the judged connections of testdata.
func ownRows(t testing.TB) (rows []row) {
	for _, capture := range recorded(t) {
		w := readWant(t, stem(capture)+".want")
		keylog := ""
		if w.keys {
			keylog = stem(capture) + ".keys"
		}
		for _, b := range w.blocks {
			if b["outcome"] != "other" {
				rows = append(rows, row{stem(capture) + ".json", capture, keylog, "testdata/roots.pem", b["client"], b["server"], b["outcome"], b["finding"], b["fault"], numbers(b["evidence"])})
			}
		}
	}
	return rows
}

// sharedRows reads expect.tsv and labels.tsv of a directory.
func sharedRows(dir string) func(testing.TB) []row {
	return func(t testing.TB) (rows []row) {
		decisive := map[string][]string{}
		for _, l := range table(t, dir+"/labels.tsv") {
			decisive[l["file"]] = numbers(l["decisive_frames"])
		}
		roots := dir + "/roots.pem"
		if _, err := os.Stat(roots); err != nil {
			roots = ""
		}
		for _, l := range table(t, dir+"/expect.tsv") {
			if l["outcome"] == "none" {
				continue
			}
			keylog := l["keylog"]
			if keylog != "" {
				keylog = filepath.Join(dir, keylog)
			}
			rows = append(rows, row{"", filepath.Join(dir, l["file"]), keylog, roots, l["client"], l["server"], l["outcome"], l["primary"], l["fault"], decisive[l["file"]]})
		}
		return rows
	}
}

// table reads lines of values between tabs under a line of names.
func table(t testing.TB, name string) (rows []map[string]string) {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var names []string
	for s := bufio.NewScanner(f); s.Scan(); {
		values := strings.Split(s.Text(), "\t")
		if names == nil {
			names = values
			continue
		}
		r := map[string]string{}
		for i, v := range values[:min(len(values), len(names))] {
			r[names[i]] = v
		}
		rows = append(rows, r)
	}
	return rows
}

func numbers(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r < '0' || r > '9' })
}

// score judges the captures of all rows, each file once.
func score(t testing.TB, rows []row) *tally {
	sum := &tally{given: map[string]int{}, right: map[string]int{}}
	var doc document
	last := row{}
	for _, r := range rows {
		if r.file != last.file || r.keylog != last.keylog {
			doc = document{}
			if err := json.Unmarshal(r.judge(t), &doc); err != nil {
				t.Fatalf("%s: %v", r.file, err)
			}
		}
		last = r
		sum.add(t, &doc, &r)
	}
	return sum
}

// judge returns the JSON report on a row's capture: the golden one, which
// TestTestdata keeps fresh, or a new one.
func (r *row) judge(t testing.TB) []byte {
	t.Helper()
	if r.report != "" {
		text, err := os.ReadFile(r.report)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	args := []string{"--all", "-q", "--format", "json"}
	if r.roots != "" {
		args = append(args, "--roots", r.roots)
	}
	if r.keylog != "" {
		args = append(args, "--keylog", r.keylog)
	}
	return whatCouldBeRead(append(args, r.file)...)
}

// whatCouldBeRead is the report on captures that may be cut or broken.
func whatCouldBeRead(args ...string) []byte {
	var out bytes.Buffer
	run(context.Background(), args, streams{in: strings.NewReader(""), out: &out, err: io.Discard, getenv: func(string) string { return "" }})
	return out.Bytes()
}

func (s *tally) add(t testing.TB, doc *document, r *row) {
	i := slices.IndexFunc(doc.Handshakes, func(h handshake) bool { return h.Client == r.client && h.Server == r.server })
	if i < 0 {
		if !accepts(r.outcome, "other") {
			s.missing++
			t.Logf("%s: %s > %s is not reported", r.file, r.client, r.server)
		}
		return
	}
	h := &doc.Handshakes[i]
	found := h.errors()
	s.outcomes++
	if accepts(r.outcome, h.Outcome) {
		s.outcome++
	} else {
		t.Logf("%s: %s, not %s", r.file, h.Outcome, r.outcome)
	}
	switch {
	case r.finding == "-":
		s.healthy++
		for _, f := range found {
			s.wrong = append(s.wrong, r.file+" "+r.client)
			t.Logf("%s: %s, where nothing failed", r.file, f.ID)
		}
	default:
		s.failure(t, r, found)
	}
}

func (s *tally) failure(t testing.TB, r *row, found []finding) {
	s.failing++
	if len(found) == 0 && accepts(r.finding, "-") {
		s.top1, s.top3, s.fault = s.top1+1, s.top3+1, s.fault+1
		return
	}
	if len(found) == 0 {
		t.Logf("%s: no finding, want %s", r.file, r.finding)
		return
	}
	f := &found[0]
	ranked := []string{f.ID}
	for _, c := range f.Causes {
		ranked = append(ranked, c.ID)
	}
	s.given[f.Confidence]++
	if accepts(r.finding, f.ID) {
		s.top1++
		s.right[f.Confidence]++
	} else {
		t.Logf("%s: %s (%s), want %s", r.file, f.ID, f.Confidence, r.finding)
	}
	if slices.ContainsFunc(ranked[:min(len(ranked), 3)], func(id string) bool { return accepts(r.finding, id) }) {
		s.top3++
	}
	if r.fault == "any" || accepts(r.fault, f.Fault) {
		s.fault++
	}
	if len(r.evidence) > 0 {
		s.cited++
		if slices.ContainsFunc(f.Evidence, func(e struct{ Frame int }) bool { return slices.Contains(r.evidence, strconv.Itoa(e.Frame)) }) {
			s.evidence++
		}
	}
}

// percent is a of b, and all of nothing.
func percent(a, b int) float64 {
	if b == 0 {
		return 100
	}
	return 100 * float64(a) / float64(b)
}

// hold compares a tally with what is asked for.
func (want set) hold(t *testing.T, s *tally) {
	t.Logf("%d failing, %d not; outcome %.1f %% of %d; %d false findings, %d not reported", s.failing, s.healthy, percent(s.outcome, s.outcomes), s.outcomes, len(s.wrong), s.missing)
	least := func(what string, a, b int, floor float64) {
		if got := percent(a, b); got < floor {
			t.Errorf("%s: %.1f %% of %d, want at least %.0f %%", what, got, b, floor)
		} else {
			t.Logf("%s: %.1f %% of %d", what, got, b)
		}
	}
	if s.failing == 0 {
		t.Fatal("nothing was scored")
	}
	least("top-1", s.top1, s.failing, want.top1)
	least("top-3", s.top3, s.failing, want.top3)
	least("fault", s.fault, s.failing, want.fault)
	least("evidence", s.evidence, s.cited, want.evidence)
	least("certain is right", s.right["certain"], s.given["certain"], want.certain)
	least("likely is right", s.right["likely"], s.given["likely"], want.likely)
	least("possible is right", s.right["possible"], s.given["possible"], 0)
	least("certain is given", s.given["certain"], s.failing, want.givenCertain)
	least("possible is not given", s.failing-s.given["possible"], s.failing, 100-want.givenPossible)
	for _, who := range s.wrong {
		if want.disputed[who] == "" {
			t.Errorf("%s: a finding where nothing failed", who)
		}
	}
	if s.missing > want.missing {
		t.Errorf("%d connections not reported", s.missing)
	}
}
