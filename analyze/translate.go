package analyze

import (
	_ "embed"
	"strings"
	"sync"
)

// chineseTexts are the templates in Simplified Chinese: "# ID" begins a
// finding (or "common"), then a line for each part with its text behind a tab.
// Besides the parts of Rule.Texts there are title and explain.
//
//go:embed zh.tsv
var chineseTexts string

var chinese = sync.OnceValue(func() map[string]string { return readTexts(chineseTexts) })

func readTexts(s string) map[string]string {
	texts := map[string]string{}
	id := ""
	for line := range strings.Lines(s) {
		line = strings.TrimSuffix(line, "\n")
		if heading, ok := strings.CutPrefix(line, "# "); ok {
			id = heading
		} else if part, text, ok := strings.Cut(line, "\t"); ok {
			texts[id+"/"+part] = strings.ReplaceAll(text, `\n`, "\n")
		}
	}
	return texts
}

// translation returns the template of another language than English.
func translation(lang, key string) (string, bool) {
	if lang != "zh" {
		return "", false
	}
	t, ok := chinese()[key]
	return t, ok
}
