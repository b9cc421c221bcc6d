package render

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"tlswhy/analyze"
)

// schema is the part of JSON Schema that analyze/schema.json uses.
type schema struct {
	Ref                  string             `json:"$ref"`
	Const                any                `json:"const"`
	Type                 string             `json:"type"`
	Enum                 []any              `json:"enum"`
	Pattern              string             `json:"pattern"`
	MinLength            int                `json:"minLength"`
	Minimum, Maximum     *float64           `json:",omitempty"`
	Required             []string           `json:"required"`
	Properties           map[string]*schema `json:"properties"`
	AdditionalProperties *schema            `json:"additionalProperties"`
	Items                *schema            `json:"items"`
	Defs                 map[string]*schema `json:"$defs"`

	Schema, ID, Title, Description string `json:",omitempty"`
}

func loadSchema(t *testing.T) *schema {
	t.Helper()
	text, err := os.ReadFile("../schema.json")
	if err != nil {
		t.Fatal(err)
	}
	text = []byte(strings.NewReplacer(`"$schema"`, `"schema"`, `"$id"`, `"id"`).Replace(string(text)))
	dec := json.NewDecoder(strings.NewReader(string(text)))
	dec.DisallowUnknownFields() // the validator below knows every keyword
	var s schema
	if err := dec.Decode(&s); err != nil {
		t.Fatal(err)
	}
	return &s
}

// validate reports where a value does not fit. A member that the schema does
// not name is an error here: the schema is to tell everything that is written.
func (root *schema) validate(s *schema, v any, at string, report func(string)) {
	if name, ok := strings.CutPrefix(s.Ref, "#/$defs/"); ok {
		if root.Defs[name] == nil {
			report(at + ": no definition " + name)
			return
		}
		root.validate(root.Defs[name], v, at, report)
		return
	}
	if s.Const != nil && s.Const != v {
		report(fmt.Sprintf("%s: %v is not %v", at, v, s.Const))
	}
	if s.Enum != nil && !slices.Contains(s.Enum, v) {
		report(fmt.Sprintf("%s: %v is none of %v", at, v, s.Enum))
	}
	switch v := v.(type) {
	case string:
		root.validateString(s, v, at, report)
	case float64:
		if s.Type != "integer" && s.Type != "number" && s.Type != "" || s.Type == "integer" && v != float64(int64(v)) {
			report(fmt.Sprintf("%s: %v is no %s", at, v, s.Type))
		}
		if s.Minimum != nil && v < *s.Minimum || s.Maximum != nil && v > *s.Maximum {
			report(fmt.Sprintf("%s: %v is out of range", at, v))
		}
	case bool:
		if s.Type != "boolean" {
			report(at + ": a boolean")
		}
	case []any:
		if s.Type != "array" {
			report(at + ": an array")
			return
		}
		for i, e := range v {
			root.validate(s.Items, e, fmt.Sprintf("%s[%d]", at, i), report)
		}
	case map[string]any:
		root.validateObject(s, v, at, report)
	default:
		report(fmt.Sprintf("%s: %T", at, v))
	}
}

func (root *schema) validateString(s *schema, v, at string, report func(string)) {
	if s.Type != "string" && s.Type != "" {
		report(fmt.Sprintf("%s: %q is no %s", at, v, s.Type))
	}
	if len(v) < s.MinLength {
		report(fmt.Sprintf("%s: %q is too short", at, v))
	}
	if s.Pattern != "" && !regexp.MustCompile(s.Pattern).MatchString(v) {
		report(fmt.Sprintf("%s: %q does not match %s", at, v, s.Pattern))
	}
}

func (root *schema) validateObject(s *schema, v map[string]any, at string, report func(string)) {
	if s.Type != "object" {
		report(at + ": an object")
		return
	}
	for _, name := range s.Required {
		if _, ok := v[name]; !ok {
			report(at + ": no " + name)
		}
	}
	for name, e := range v {
		switch p := s.Properties[name]; {
		case p != nil:
			root.validate(p, e, at+"."+name, report)
		case s.AdditionalProperties != nil:
			root.validate(s.AdditionalProperties, e, at+"."+name, report)
		default:
			report(at + ": the schema has no " + name)
		}
	}
}

func decoded(t *testing.T, text string) any {
	t.Helper()
	if !utf8.ValidString(text) {
		t.Fatalf("no UTF-8: %.200q", text)
	}
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
			root.validate(root, decoded(t, written(Format{Write: JSON}, r, o)), "", func(s string) { t.Errorf("report %d: %s", i, s) })
			lines := strings.Split(strings.TrimSuffix(written(Format{Write: NDJSON}, r, o), "\n"), "\n")
			for k, l := range lines[:len(lines)-1] {
				root.validate(root.Defs["handshake"], decoded(t, l), "", func(s string) { t.Errorf("report %d, line %d: %s", i, k, s) })
			}
			if last, _ := decoded(t, lines[len(lines)-1]).(map[string]any); last["summary"] == nil {
				t.Errorf("report %d: the last line has no summary", i)
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
		refused := false
		root.validate(root, decoded(t, bad), "", func(string) { refused = true })
		if !refused {
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
