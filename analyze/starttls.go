package analyze

func starttlsRules() []*Rule { return nil }
