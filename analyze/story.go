package analyze

func storyRules() []*Rule { return []*Rule{&quicFallback} }

// tellStories finds handshakes that belong together.
func tellStories(cases []*Case) []Story { return quicFallbacks(cases) }
