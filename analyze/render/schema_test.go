package render

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"tlswhy/analyze"
	"tlswhy/analyze/reporttest"
)

func loadSchema(t *testing.T) *reporttest.Schema {
	t.Helper()
	s, err := reporttest.LoadSchema("../schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func decoded(t *testing.T, text string) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v: %.200q", err, text)
	}
	return v
}

func TestJSONFitsSchema(t *testing.T) {
	root := loadSchema(t)
	reports := []*analyze.Report{testReport(0, "x"), {}, {Handshakes: nil, Captures: []analyze.Capture{{}}}}
	for _, s := range hostileStrings {
		reports = append(reports, testReport(1, s))
	}
	for i, r := range reports {
		for _, redact := range []bool{false, true} {
			o := testOptions()
			o.Redact = redact
			if err := root.Validate([]byte(written(Format{Write: JSON}, r, o))); err != nil {
				t.Errorf("report %d: %v", i, err)
			}
			if err := root.Lines([]byte(written(Format{Write: NDJSON}, r, o))); err != nil {
				t.Errorf("report %d, lines: %v", i, err)
			}
		}
	}
}

// The validator itself: it must refuse.
func TestSchemaRefuses(t *testing.T) {
	root := loadSchema(t)
	for _, change := range [][2]string{
		{`"tlswhy/v1"`, `"tlswhy/v2"`},
		{`"failed": 1`, `"failed": -1`},
		{`"outcome": "failed"`, `"outcome": "broken"`},
		{`"name": "handshake_failure"`, `"name": 40`},
		{`"code": "0x1301"`, `"code": "0x13"`},
		{`"from": "client"`, `"sender": "client"`},
		{`23:00:00.123456789Z`, `23:00:00Z`},
		{`"handshakes": [1]`, `"handshakes": 1`},
	} {
		text := written(Format{Write: JSON}, testReport(1, "mail.example.com"), testOptions())
		bad := strings.Replace(text, change[0], change[1], 1)
		if bad == text {
			t.Errorf("%s is not in the output", change[0])
			continue
		}
		if root.Validate([]byte(bad)) == nil {
			t.Errorf("%s is taken", change[1])
		}
	}
}

// pretty changes nothing but spaces.
func TestPretty(t *testing.T) {
	text := written(Format{Write: JSON}, testReport(2, `a"b\ c:d,e`), testOptions())
	var compact strings.Builder
	enc := json.NewEncoder(&compact)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(decoded(t, text)); err != nil {
		t.Fatal(err)
	}
	for i, l := range strings.Split(text, "\n") {
		if strings.HasSuffix(l, " ") {
			t.Errorf("line %d ends with a space", i+1)
		}
	}
	if got := fmt.Sprint(decoded(t, compact.String())); got != fmt.Sprint(decoded(t, text)) {
		t.Error("differs from what it was")
	}
}
