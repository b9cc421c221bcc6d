package analyze

import (
	"strings"
	"sync"
)

// Catalogue lists every rule once. The order breaks ties between findings of
// the same rank.
func Catalogue() []*Rule {
	var all []*Rule
	for _, family := range [][]*Rule{
		storyRules(), protocolRules(), starttlsRules(), middleboxRules(), negotiationRules(), messageRules(),
		serverCertRules(), clientCertRules(), quicRules(), dtlsRules(), networkRules(), endingRules(), fallbackRules(),
	} {
		all = append(all, family...)
	}
	return all
}

// byID is the catalogue by ID, made when it is first asked for: the rules
// refer to functions that look templates up.
func byID() map[string]*Rule {
	m := map[string]*Rule{}
	for _, r := range Catalogue() {
		m[r.ID] = r
	}
	return m
}

var rulesByID = sync.OnceValue(byID)

// RuleByID returns an entry of the catalogue, or nil.
func RuleByID(id string) *Rule { return rulesByID()[id] }

// Template returns the sentence behind a Text's key in a language, English
// when the language has none.
func Template(lang, key string) (string, bool) {
	if t, ok := translation(lang, key); ok {
		return t, true
	}
	id, part, _ := strings.Cut(key, "/")
	if id == "common" {
		t, ok := commonTexts[part]
		return t, ok
	}
	if r := RuleByID(id); r != nil {
		t, ok := r.Texts[part]
		return t, ok
	}
	return "", false
}
