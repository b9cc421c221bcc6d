package analyze

func dtlsRules() []*Rule { return nil }
