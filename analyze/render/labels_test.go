package render

import (
	"slices"
	"testing"
)

// Every word of the layout is there in Chinese, with the same places.
func TestChineseLabels(t *testing.T) {
	for key, en := range englishLabels {
		zh, ok := chineseLabels[key]
		if !ok || zh == "" {
			t.Errorf("%q is not translated: %s", key, en)
			continue
		}
		if a, b := numbersOf(en), numbersOf(zh); !slices.Equal(a, b) {
			t.Errorf("%q has the places %v, and in Chinese %v", key, a, b)
		}
	}
}

func numbersOf(s string) (list []byte) {
	for i := 0; i+1 < len(s); i++ {
		if s[i] == '{' && !slices.Contains(list, s[i+1]) {
			list = append(list, s[i+1])
		}
	}
	slices.Sort(list)
	return list
}
