package analyze

func storyRules() []*Rule { return []*Rule{&browserRetry, &quicFallback} }

// tellStories finds handshakes that belong together.
func tellStories(cases []*Case, attempts []attempt) []Story {
	return append(browserRetries(attempts), quicFallbacks(cases)...)
}
