package analyze

// compare sets a failing handshake beside a good one to the same server; nil
// when the input has none.
func (c *Case) compare() *Comparison {
	good := c.Good()
	if len(good) == 0 {
		return nil
	}
	g := good[0]
	for _, o := range good {
		if o.SNI() == c.SNI() {
			g = o
			break
		}
	}
	k := &Comparison{ID: g.id}
	mine, theirs := c.offer(), g.offer()
	if mine == nil || theirs == nil {
		return k
	}
	if c.SNI() != g.SNI() {
		k.Differences = append(k.Differences, T("common/d-name", Name(c.SNI()), Name(g.SNI())))
	}
	k.Differences = append(k.Differences, different("common/d-versions", mine.versions, theirs.versions)...)
	k.Differences = append(k.Differences, different("common/d-groups", mine.groups, theirs.groups)...)
	k.Differences = append(k.Differences, different("common/d-schemes", mine.schemes, theirs.schemes)...)
	if s, ok := g.chosen(); ok {
		lacks := true
		for _, x := range mine.suites {
			lacks = lacks && x != s.suite
		}
		if lacks {
			k.Differences = append(k.Differences, T("common/d-suite", CodeOf(s.suite)))
		}
	}
	if len(mine.hello.ALPN) > 0 || len(theirs.hello.ALPN) > 0 {
		if a, b := protocols(mine.hello.ALPN), protocols(theirs.hello.ALPN); !sameWords(mine.hello.ALPN, theirs.hello.ALPN) {
			k.Differences = append(k.Differences, T("common/d-alpn", a, b))
		}
	}
	return k
}

func sameWords(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// different says what only one of two lists has.
func different[C interface {
	comparable
	~uint16
	named
	Name() string
}](key string, mine, theirs []C) []Text {
	only := func(a, b []C) []C {
		var list []C
		for _, x := range a {
			if !has(b, x) {
				list = append(list, x)
			}
		}
		return list
	}
	a, b := only(mine, theirs), only(theirs, mine)
	if len(a) == 0 && len(b) == 0 {
		return nil
	}
	return []Text{T(key, Codes(a), Codes(b))}
}
