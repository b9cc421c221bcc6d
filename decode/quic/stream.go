package quic

import "slices"

// Bounds of one CRYPTO stream. A ClientHello with post-quantum shares has 2 to
// 18 KB, a server's chain rarely 20 KB; crypto buffers of endpoints hold 64 KiB
// or less.
const (
	maxPending        = 256 // pieces that wait for bytes before them
	maxPendingBytes   = 256 << 10
	maxCryptoDistance = 1 << 20 // from the next byte in order to the end of a piece
	headLength        = 80      // enough of a hello for its random and suite
)

// piece is bytes of a CRYPTO stream and the frame of the capture they came in.
type piece struct {
	offset int64
	data   []byte
	frame  int
}

func (p piece) end() int64 { return p.offset + int64(len(p.data)) }

// cryptoStream puts the bytes of CRYPTO frames in order (RFC 9000, Section 7.5).
type cryptoStream struct {
	next    int64
	head    []byte
	pending []piece // sorted by offset
	bytes   int     // in pending
	dropped int     // pieces that were left out because of a bound
}

// add takes the data of one frame, which it copies, and returns the pieces
// that are in order now.
func (s *cryptoStream) add(offset uint64, data []byte, frame int) []piece {
	if offset > uint64(s.next)+maxCryptoDistance {
		s.dropped++
		return nil
	}
	p := piece{int64(offset), data, frame}
	if p.end() <= s.next || s.covered(p) {
		return nil
	}
	if p.offset > s.next && !s.room(p) {
		s.dropped++
		return nil
	}
	p.data = slices.Clone(p.data)
	at, _ := slices.BinarySearchFunc(s.pending, p, func(a, b piece) int { return int(a.offset - b.offset) })
	s.pending = slices.Insert(s.pending, at, p)
	s.bytes += len(p.data)
	return s.release()
}

func (s *cryptoStream) room(p piece) bool {
	return len(s.pending) < maxPending && s.bytes+len(p.data) <= maxPendingBytes
}

func (s *cryptoStream) covered(p piece) bool {
	return slices.ContainsFunc(s.pending, func(q piece) bool {
		return q.offset <= p.offset && q.end() >= p.end()
	})
}

func (s *cryptoStream) release() (ready []piece) {
	for len(s.pending) > 0 && s.pending[0].offset <= s.next {
		p := s.pending[0]
		s.pending = s.pending[1:]
		s.bytes -= len(p.data)
		if p.end() <= s.next {
			continue
		}
		p.data = p.data[s.next-p.offset:]
		p.offset = s.next
		s.next = p.end()
		if n := headLength - len(s.head); n > 0 {
			s.head = append(s.head, p.data[:min(n, len(p.data))]...)
		}
		if n := len(ready); n > 0 && ready[n-1].frame == p.frame {
			ready[n-1].data = append(ready[n-1].data, p.data...)
			continue
		}
		ready = append(ready, p)
	}
	return ready
}

// gap is the first range that is missing before bytes that came.
func (s *cryptoStream) gap() (from, to int64, ok bool) {
	if len(s.pending) == 0 {
		return 0, 0, false
	}
	return s.next, s.pending[0].offset, true
}
