package analyze

import "tlswhy/decode"

// A healthy handshake, and one like many others, is only counted; when another
// capture shows it again it is not counted again.

const maxTwice = 1 << 18 // connections that are recognised: 10 MB

// twice recognises what another capture has shown. The zero value recognises
// nothing.
type twice struct {
	seen map[uint64]showing // by what telling took from the client's random
}

// showing is where a connection was seen first, and whether it was kept whole
// anywhere.
type showing struct {
	capture int32
	stream  int32
	whole   bool
	vague   bool // two connections of that capture have it
}

func newTwice(several bool) twice {
	if !several {
		return twice{}
	}
	return twice{map[uint64]showing{}}
}

// before is what became of a connection that another capture has shown.
type before uint8

const (
	notShown  before = iota
	keptWhole        // the other picture is there to be compared
	forgotten        // it was counted
)

// brief takes note of a connection that may be forgotten.
func (t *twice) brief(b *decode.Brief) before {
	n, ok := t.number(b.Random)
	if !ok {
		return notShown
	}
	x, known := t.seen[n]
	switch {
	case !known:
		t.note(n, showing{capture: int32(b.Capture), stream: int32(b.Stream)})
	case x.vague:
	case x.capture == int32(b.Capture):
		x.vague = x.stream != int32(b.Stream)
		t.note(n, x)
	case x.whole:
		return keptWhole
	default:
		return forgotten
	}
	return notShown
}

// add takes note of a handshake that is kept whole. It reports true for one
// that was counted and forgotten when another capture showed it.
func (t *twice) add(h *decode.Handshake) bool {
	hello, _ := h.ClientHello()
	if t.seen == nil || hello == nil {
		return false
	}
	n, ok := t.number(hello.Random)
	if !ok {
		return false
	}
	x, known := t.seen[n]
	if known && x.capture != int32(h.Capture) && !x.whole && !x.vague {
		return true
	}
	if !known {
		x.capture, x.stream = int32(h.Capture), int32(h.Stream)
	}
	x.whole = true
	t.note(n, x)
	return false
}

func (t *twice) number(random []byte) (uint64, bool) {
	if t.seen == nil {
		return 0, false
	}
	return telling(random)
}

func (t *twice) note(n uint64, x showing) {
	if _, known := t.seen[n]; known || len(t.seen) < maxTwice {
		t.seen[n] = x
	}
}
