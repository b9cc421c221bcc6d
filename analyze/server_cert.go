package analyze

func serverCertRules() []*Rule { return nil }
