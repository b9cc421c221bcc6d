package analyze

func quicRules() []*Rule { return nil }
