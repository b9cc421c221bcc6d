package render

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

// TestPrettyTokens: indented JSON has the same tokens, whatever stands in strings,
// and lines end where they should.
func TestPrettyTokens(t *testing.T) {
	long := strings.Repeat("long ", 30)
	for _, v := range []any{
		map[string]any{"a": []string{`"`, `\`, `\"`, "[{", "]},:", long}, "b": map[string]any{}, "c": []any{}},
		[]any{long, map[string]any{`x":{`: long, "y": []any{long, []any{long, 1, nil, true}}}},
		"no more than a string: {[,", 12, map[string]any{}, []any{},
	} {
		compact, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		var b, again bytes.Buffer
		pretty(&b, compact, "  ")
		if err := json.Compact(&again, b.Bytes()); err != nil || !bytes.Equal(again.Bytes(), compact) {
			t.Errorf("%v: %s became %s", err, compact, b.Bytes())
		}
	}
	var b bytes.Buffer
	pretty(&b, []byte(`{"name":"`+long+`","list":[1,2]}`), "")
	if want := "{\n  \"name\": \"" + long + "\",\n  \"list\": [1, 2]\n}"; b.String() != want {
		t.Errorf("%s", b.String())
	}
}
