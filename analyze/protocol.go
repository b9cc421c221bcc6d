package analyze

func protocolRules() []*Rule { return nil }
