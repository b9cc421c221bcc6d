package analyze

func clientCertRules() []*Rule { return nil }
