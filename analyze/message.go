package analyze

func messageRules() []*Rule { return nil }
