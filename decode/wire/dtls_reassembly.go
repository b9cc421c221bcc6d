package wire

import "slices"

// Bounds of DTLSReassembly. A message of 256 KiB is sixteen times what stacks
// accept by default; no flight has as many as 32 messages.
const (
	maxDTLSMessage  = 256 << 10 // bytes of a message body
	maxDTLSPending  = 32        // messages that are not whole yet
	maxDTLSBytes    = 512 << 10 // bytes kept of all of them
	maxDTLSRanges   = 256       // pieces of one message that do not touch
	dtlsRemembering = 64        // messages remembered after they were whole
)

// DTLSReassembly puts the handshake messages of one side together from
// fragments that come in any order, twice, and overlapping (RFC 6347, Section
// 4.2.3). The zero value is ready. What it holds is bounded.
type DTLSReassembly struct {
	pending []*dtlsMessage // by message_seq, in order of arrival
	bytes   int
	done    []uint16 // message_seq of messages that were whole, the last ones
}

// DTLSFragment says what a fragment was good for.
type DTLSFragment uint8

const (
	FragmentKept      DTLSFragment = iota // brought bytes; the message is not whole yet
	FragmentCompletes                     // made the message whole
	FragmentRepeats                       // brought nothing new
	FragmentRefused                       // lies outside of its message, contradicts it, or a bound is reached
)

// dtlsMessage is a message of which fragments have come.
type dtlsMessage struct {
	typ      HandshakeType
	length   int
	sequence uint16
	body     []byte  // grows with what came
	have     []piece // sorted, apart from each other
	repeated int
}

// piece is a range of bytes, end excluded.
type piece struct{ start, end int }

// Add takes one fragment; data is what followed its header, cut to
// FragmentLength or to what is there. When the fragment makes its message
// whole, body is the message body: data itself when it was all in one, else
// memory of its own. A message is given once.
func (a *DTLSReassembly) Add(h DTLSHandshakeHeader, data []byte) (body []byte, what DTLSFragment) {
	if len(data) > h.FragmentLength {
		data = data[:h.FragmentLength]
	}
	if !h.Plausible() || h.Length > maxDTLSMessage {
		return nil, FragmentRefused
	}
	if slices.Contains(a.done, h.Sequence) {
		return nil, FragmentRepeats
	}
	m := a.find(h.Sequence)
	if m != nil && (m.typ != h.Type || m.length != h.Length) {
		return nil, FragmentRefused
	}
	if len(data) == h.Length {
		a.finish(h.Sequence)
		return data, FragmentCompletes
	}
	if m == nil {
		if len(a.pending) == maxDTLSPending {
			return nil, FragmentRefused
		}
		m = &dtlsMessage{typ: h.Type, length: h.Length, sequence: h.Sequence}
		a.pending = append(a.pending, m)
	}
	return a.put(m, h.FragmentOffset, data)
}

func (a *DTLSReassembly) put(m *dtlsMessage, at int, data []byte) ([]byte, DTLSFragment) {
	end := at + len(data)
	if grow := end - len(m.body); grow > 0 {
		if a.bytes+grow > maxDTLSBytes {
			return nil, FragmentRefused
		}
		m.body = append(m.body, make([]byte, grow)...)
		a.bytes += grow
	}
	added, ok := m.cover(piece{at, end})
	switch {
	case !ok:
		return nil, FragmentRefused
	case !added:
		m.repeated++
		return nil, FragmentRepeats
	}
	copy(m.body[at:end], data)
	if m.have[0] == (piece{0, m.length}) {
		a.finish(m.sequence)
		return m.body, FragmentCompletes
	}
	return nil, FragmentKept
}

// cover adds p to what is there. added is false when all of it was there
// already, ok when there would be too many pieces.
func (m *dtlsMessage) cover(p piece) (added, ok bool) {
	if p.start == p.end {
		return false, true
	}
	i := 0
	for i < len(m.have) && m.have[i].end < p.start {
		i++
	}
	if i < len(m.have) && m.have[i].start <= p.start && m.have[i].end >= p.end {
		return false, true
	}
	j := i
	for j < len(m.have) && m.have[j].start <= p.end {
		p.start, p.end = min(p.start, m.have[j].start), max(p.end, m.have[j].end)
		j++
	}
	if i == j && len(m.have) == maxDTLSRanges {
		return false, false
	}
	m.have = slices.Replace(m.have, i, j, p)
	return true, true
}

func (a *DTLSReassembly) find(sequence uint16) *dtlsMessage {
	for _, m := range a.pending {
		if m.sequence == sequence {
			return m
		}
	}
	return nil
}

// finish forgets the message and remembers that it was whole.
func (a *DTLSReassembly) finish(sequence uint16) {
	a.pending = slices.DeleteFunc(a.pending, func(m *dtlsMessage) bool {
		if m.sequence == sequence {
			a.bytes -= len(m.body)
		}
		return m.sequence == sequence
	})
	if len(a.done) == dtlsRemembering {
		a.done = slices.Delete(a.done, 0, 1)
	}
	a.done = append(a.done, sequence)
}

// DTLSPart is a message that never became whole.
type DTLSPart struct {
	Type     HandshakeType
	Sequence uint16
	Length   int // of the message body, in bytes
	Have     int // bytes of it that came
	First    int // offset of the first byte that came
	Repeated int // fragments that brought nothing new
}

// Pending lists the messages that are not whole, in order of arrival.
func (a *DTLSReassembly) Pending() []DTLSPart {
	var parts []DTLSPart
	for _, m := range a.pending {
		p := DTLSPart{Type: m.typ, Sequence: m.sequence, Length: m.length, Repeated: m.repeated}
		for i, have := range m.have {
			if i == 0 {
				p.First = have.start
			}
			p.Have += have.end - have.start
		}
		parts = append(parts, p)
	}
	return parts
}
