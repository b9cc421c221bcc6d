package analyze

import "tlswhy/decode"

// place says where captures were taken, as far as they tell when held against
// each other.
func (a *Analyzer) place(ways ways, groups map[*Case][]*Case, cases []*Case) {
	told := map[int]bool{}
	for _, c := range cases {
		if told[c.Capture] || c.input == nil {
			continue
		}
		for _, o := range groups[c] {
			if o == c {
				continue
			}
			w := ways.between(c.Capture, o.Capture)
			if !w.hops { // the times tell the order, and not how far it is to the ends
				continue
			}
			told[c.Capture] = true
			c.input.Position = "between"
			switch {
			case w.nearer > 0 && c.atEnd(decode.Client):
				c.input.Position = "client"
			case w.nearer < 0 && c.atEnd(decode.Server):
				c.input.Position = "server"
			}
			c.input.Inferred = T("common/p-hops", Count(int(c.Flow[decode.Client].Profile.TTL)), Count(int(o.Flow[decode.Client].Profile.TTL)))
			break
		}
	}
}
