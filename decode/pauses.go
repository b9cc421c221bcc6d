package decode

import (
	"sort"
	"time"
)

// longPause is how long a capture may see nothing and count as one: after more,
// or where time runs backwards, it was stopped, or put together from several.
const longPause = int64(time.Minute)

// maxPauses bounds the memory that pauses take.
const maxPauses = 1 << 14

// pauses are the places at which a capture was silent for long.
type pauses struct {
	last int64 // latest time since the last pause
	list []pause
	over bool // there were more than maxPauses: the capture proves no silence
}

type pause struct {
	frame int   // the first one after it
	begun int64 // time of the last packet before it
}

func (p *pauses) packet(frame int, now int64) {
	if p.last != 0 && (now-p.last > longPause || p.last-now > longPause) {
		if p.over = len(p.list) >= maxPauses; !p.over {
			p.list = append(p.list, pause{frame, p.last})
		}
		p.last = now
	}
	p.last = max(p.last, now)
}

// end returns until when the capture went on without a pause after a frame that
// came at a time.
func (p *pauses) end(frame int, now int64) int64 {
	i := sort.Search(len(p.list), func(i int) bool { return p.list[i].frame > frame })
	switch {
	case i < len(p.list):
		return max(p.list[i].begun, now)
	case p.over:
		return now
	}
	return max(p.last, now)
}
