package analyze

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// places are the values that a template puts into a sentence, and what of it
// must not be translated: names of messages, alerts, extensions and commands.
var (
	places  = regexp.MustCompile(`\{(\d)(\|[^}]*)?\}`)
	literal = regexp.MustCompile(`[a-z]+(?:_[a-z0-9]+)+|TLS_[A-Z0-9_]+|0x[0-9a-f]+| -[a-z0-9_]{4,}`)
)

// TestChineseIsComplete finds texts without a translation, translations
// without a text, and those that lost a value or a name on the way.
func TestChineseIsComplete(t *testing.T) {
	english := map[string]string{}
	for part, text := range commonTexts {
		english["common/"+part] = text
	}
	for _, r := range Catalogue() {
		english[r.ID+"/title"], english[r.ID+"/explain"] = r.Title, r.Explain
		for part, text := range r.Texts {
			english[r.ID+"/"+part] = text
		}
	}
	for _, a := range AlertMeanings() {
		english[fmt.Sprintf("alert/%d-client", a.Code)], english[fmt.Sprintf("alert/%d-server", a.Code)] = a.FromClient, a.FromServer
	}
	for key, text := range english {
		zh, ok := translation("zh", key)
		if !ok || zh == "" {
			t.Errorf("%s is not translated: %s", key, text)
			continue
		}
		if a, b := placesOf(text), placesOf(zh); !slices.Equal(a, b) {
			t.Errorf("%s has the places %v, and in Chinese %v: %s", key, a, b, zh)
		}
		for _, s := range literal.FindAllString(text, -1) {
			if !strings.Contains(zh, s) {
				t.Errorf("%s lost %s: %s", key, s, zh)
			}
		}
		if plain := places.ReplaceAllString(text, ""); strings.Count(plain, " ") > 2 && !strings.ContainsFunc(zh, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
			t.Errorf("%s is not Chinese: %s", key, zh)
		}
	}
	for key := range chinese() {
		if english[key] == "" {
			t.Errorf("%s is translated, but there is no such text", key)
		}
	}
}

func placesOf(s string) []string {
	var list []string
	for _, m := range places.FindAllStringSubmatch(s, -1) {
		if !slices.Contains(list, m[1]) {
			list = append(list, m[1])
		}
	}
	slices.Sort(list)
	return list
}
