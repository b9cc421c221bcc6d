package analyze

import (
	"net/netip"
	"reflect"
	"testing"
	"time"

	"tlswhy/decode"
)

// TestRetriesInOrderOfTime: a story is told in the order of its attempts, in
// whatever order their files were given; a success before the first refusal
// is none of it.
func TestRetriesInOrderOfTime(t *testing.T) {
	at := func(id int, second float64, o Outcome) *attempt {
		c := &Case{Handshake: &decode.Handshake{Start: time.Unix(1000, 0).Add(time.Duration(second * float64(time.Second))),
			Client: netip.MustParseAddrPort("10.0.0.1:4000"), Server: netip.MustParseAddrPort("192.0.2.1:443")}, Outcome: o}
		if o == Failed {
			c.Findings = []*Finding{{ID: "cert-self-signed"}}
		}
		return &attempt{Case: c, id: id}
	}
	for _, test := range []struct {
		name     string
		attempts []*attempt
		ids      []int
		key      string
		span     time.Duration
	}{
		{"in order", []*attempt{at(1, 0, Failed), at(2, 1, Failed), at(3, 4, Completed)}, []int{1, 2, 3}, "browser-retry/went-on", 4 * time.Second},
		{"the later file first", []*attempt{at(1, 3, Failed), at(2, 4, Completed), at(3, 0, Failed), at(4, 1, Failed)}, []int{3, 4, 1, 2}, "browser-retry/went-on", 4 * time.Second},
		{"success comes before", []*attempt{at(1, 10, Failed), at(2, 12, Failed), at(3, 0, Completed)}, []int{1, 2}, "browser-retry/refused", 2 * time.Second},
	} {
		s, ok := retryStory(test.attempts)
		if !ok || s.Text.Key != test.key || !reflect.DeepEqual(s.Handshakes, test.ids) {
			t.Errorf("%s: %v, %+v", test.name, ok, s)
			continue
		}
		if got := s.Text.Args[3]; !reflect.DeepEqual(got, Duration(test.span)) {
			t.Errorf("%s: after %+v, not %s", test.name, got, test.span)
		}
	}
}

// TestHiddenCausesDiffer: an alert about a certificate that cannot be read lists
// every cause in words of its own.
func TestHiddenCausesDiffer(t *testing.T) {
	for code := range alertProblems {
		seen := map[string]string{}
		for _, c := range namedCauses(code) {
			words, ok := certRejected.Texts[c.Text.Key[len("cert-rejected/"):]]
			if !ok || seen[words] != "" {
				t.Errorf("alert %d: %s says %q, as %q does", code, c.ID, words, seen[words])
			}
			seen[words] = c.ID
		}
	}
	if len(namedCauses(42)) < 2 {
		t.Error("bad_certificate names no causes")
	}
}
