package analyze

func endingRules() []*Rule { return nil }
