// Package reporttest checks reports in tests: that each format is what it
// claims to be, whatever the capture held.
package reporttest

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Schema is the part of JSON Schema that analyze/schema.json uses.
type Schema struct {
	Ref                  string             `json:"$ref"`
	Const                any                `json:"const"`
	Type                 string             `json:"type"`
	Enum                 []any              `json:"enum"`
	Pattern              string             `json:"pattern"`
	MinLength            int                `json:"minLength"`
	Minimum, Maximum     *float64           `json:",omitempty"`
	Required             []string           `json:"required"`
	Properties           map[string]*Schema `json:"properties"`
	AdditionalProperties *Schema            `json:"additionalProperties"`
	Items                *Schema            `json:"items"`
	Defs                 map[string]*Schema `json:"$defs"`

	Schema, ID, Title, Description string `json:",omitempty"`

	root     *Schema
	patterns map[string]*regexp.Regexp
}

// LoadSchema reads a schema. A keyword that Validate does not know is an
// error.
func LoadSchema(file string) (*Schema, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	text = []byte(strings.NewReplacer(`"$schema"`, `"schema"`, `"$id"`, `"id"`).Replace(string(text)))
	dec := json.NewDecoder(strings.NewReader(string(text)))
	dec.DisallowUnknownFields()
	s := &Schema{patterns: map[string]*regexp.Regexp{}}
	if err := dec.Decode(s); err != nil {
		return nil, err
	}
	s.root = s
	return s, nil
}

// Def returns a definition of the schema.
func (s *Schema) Def(name string) *Schema {
	d := s.root.Defs[name]
	if d != nil {
		d.root = s.root
	}
	return d
}

// Validate returns where a JSON text does not fit. A member that the schema
// does not name is an error here: the schema is to tell everything that is
// written.
func (s *Schema) Validate(text []byte) error {
	if !utf8.Valid(text) {
		return errors.New("no UTF-8")
	}
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		return err
	}
	var wrong []error
	s.root.validate(s, v, "", func(format string, args ...any) { wrong = append(wrong, fmt.Errorf(format, args...)) })
	return errors.Join(wrong...)
}

type report func(format string, args ...any)

func (s *Schema) validate(at *Schema, v any, path string, report report) {
	if name, ok := strings.CutPrefix(at.Ref, "#/$defs/"); ok {
		if at = s.Defs[name]; at == nil {
			report("%s: no definition %s", path, name)
			return
		}
	}
	if at.Const != nil && at.Const != v {
		report("%s: %v is not %v", path, v, at.Const)
	}
	if at.Enum != nil && !slices.Contains(at.Enum, v) {
		report("%s: %v is none of %v", path, v, at.Enum)
	}
	switch v := v.(type) {
	case string:
		s.validateString(at, v, path, report)
	case float64:
		validateNumber(at, v, path, report)
	case bool:
		if at.Type != "boolean" {
			report("%s: a boolean", path)
		}
	case []any:
		if at.Type != "array" {
			report("%s: an array", path)
			return
		}
		for i, e := range v {
			s.validate(at.Items, e, fmt.Sprintf("%s[%d]", path, i), report)
		}
	case map[string]any:
		s.validateObject(at, v, path, report)
	default:
		report("%s: %T", path, v)
	}
}

func validateNumber(at *Schema, v float64, path string, report report) {
	if at.Type != "integer" && at.Type != "number" && at.Type != "" || at.Type == "integer" && v != float64(int64(v)) {
		report("%s: %v is no %s", path, v, at.Type)
	}
	if at.Minimum != nil && v < *at.Minimum || at.Maximum != nil && v > *at.Maximum {
		report("%s: %v is out of range", path, v)
	}
}

func (s *Schema) validateString(at *Schema, v, path string, report report) {
	if at.Type != "string" && at.Type != "" {
		report("%s: %q is no %s", path, v, at.Type)
	}
	if len(v) < at.MinLength {
		report("%s: %q is too short", path, v)
	}
	if at.Pattern == "" {
		return
	}
	p := s.patterns[at.Pattern]
	if p == nil {
		p = regexp.MustCompile(at.Pattern)
		s.patterns[at.Pattern] = p
	}
	if !p.MatchString(v) {
		report("%s: %q does not match %s", path, v, at.Pattern)
	}
}

func (s *Schema) validateObject(at *Schema, v map[string]any, path string, report report) {
	if at.Type != "object" {
		report("%s: an object", path)
		return
	}
	for _, name := range at.Required {
		if _, ok := v[name]; !ok {
			report("%s: no %s", path, name)
		}
	}
	for name, e := range v {
		switch p := at.Properties[name]; {
		case p != nil:
			s.validate(p, e, path+"."+name, report)
		case at.AdditionalProperties != nil:
			s.validate(at.AdditionalProperties, e, path+"."+name, report)
		default:
			report("%s: the schema has no %s", path, name)
		}
	}
}
