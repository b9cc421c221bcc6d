package analyze

func storyRules() []*Rule { return []*Rule{&browserRetry, &quicFallback} }

// tellStories finds handshakes that belong together.
func tellStories(cases []*Case) []Story {
	return append(browserRetries(cases), quicFallbacks(cases)...)
}
