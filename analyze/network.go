package analyze

func networkRules() []*Rule { return nil }
