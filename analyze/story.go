package analyze

func storyRules() []*Rule { return nil }

// tellStories finds handshakes that belong together.
func tellStories(cases []*Case) []Story { return nil }
