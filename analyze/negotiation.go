package analyze

func negotiationRules() []*Rule { return nil }
