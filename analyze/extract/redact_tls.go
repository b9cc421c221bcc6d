package extract

import "encoding/binary"

// tlsFlow follows the TLS of a TCP connection as far as its bytes come in
// order and in the clear.
type tlsFlow struct {
	d       *Redaction
	half    [2]tlsHalf
	version uint16 // that the server chose
}

type tlsHalf struct {
	next  uint32 // sequence number
	known bool   // next is

	records bool // TLS records; before, anything
	sealed  bool // after a ChangeCipherSpec
	header  [5]byte
	have    int // bytes of header
	left    int // of the record
	first   bool
	open    bool   // the record is a handshake record in the clear
	msg     []byte // message under way, as it was
}

const (
	maxRecord  = 16384 + 2048 // RFC 5246, Section 6.2.3
	maxMessage = 128 << 10    // of which the beginning is remembered
)

// take rewrites the next bytes of a direction and says how many stay.
func (f *tlsFlow) take(h *tlsHalf, b []byte) (stay int) {
	if !h.records {
		if !beginsTLS(b) {
			return 0
		}
		h.records = true
	}
	shut := false // something that is not shown came in this segment
	for at := 0; at < len(b); {
		if h.left == 0 {
			n := copy(h.header[h.have:], b[at:])
			h.have, at = h.have+n, at+n
			if h.have == len(h.header) && !h.begin() {
				return stay
			}
			if !shut {
				stay = at
			}
			continue
		}
		n := min(h.left, len(b)-at)
		if shown := f.content(h, b[at:at+n]); !shown {
			shut = true
		} else if !shut {
			stay = at + n
		}
		at, h.left = at+n, h.left-n
	}
	return stay
}

// beginsTLS reports whether a segment begins with a record that holds a
// ClientHello, a ServerHello or an alert (RFC 8446, Sections 4, 5.1 and 6).
func beginsTLS(b []byte) bool {
	if len(b) < 7 || b[1] != 3 || b[2] > 4 {
		return false
	}
	n := int(binary.BigEndian.Uint16(b[3:]))
	switch b[0] {
	case 21:
		return n == 2 && len(b) == 7 && (b[5] == 1 || b[5] == 2)
	case 22:
		return len(b) >= 11 && n >= 4 && n <= maxRecord && (b[5] == 1 || b[5] == 2) && b[6] <= 1 && b[9] == 3
	}
	return false
}

// begin reads a record header; false when it is none.
func (h *tlsHalf) begin() bool {
	h.have = 0
	n := int(binary.BigEndian.Uint16(h.header[3:]))
	if h.header[0] < 20 || h.header[0] > 24 || h.header[1] != 3 || n > maxRecord {
		*h = tlsHalf{next: h.next, known: true}
		return false
	}
	h.left, h.first = n, true
	return true
}

// content rewrites bytes of a record; false when nothing of them is shown.
func (f *tlsFlow) content(h *tlsHalf, b []byte) bool {
	first, length := h.first, int(binary.BigEndian.Uint16(h.header[3:]))
	h.first = false
	switch h.header[0] {
	case 20:
		if h.sealed = true; length == 1 {
			return true
		}
	case 21:
		if length == 2 && !h.sealed {
			return true
		}
	case 22:
		if first {
			// Behind the ChangeCipherSpec of TLS 1.3 a second hello may come (RFC 8446, Appendix D.4).
			h.open = !h.sealed || len(b) >= 4 && (b[0] == 1 || b[0] == 2) && 4+int(b[1])<<16+int(b[2])<<8+int(b[3]) == length
		}
		if h.open {
			f.handshake(h, b)
			return true
		}
	}
	clear(b)
	return false
}

// handshake rewrites bytes of handshake messages.
func (f *tlsFlow) handshake(h *tlsHalf, b []byte) {
	for len(b) > 0 {
		need := 4
		if len(h.msg) >= 4 {
			need += int(h.msg[1])<<16 | int(h.msg[2])<<8 | int(h.msg[3])
		}
		from := len(h.msg)
		n := min(need-from, len(b))
		if from+n > maxMessage {
			clear(b)
			h.records, h.msg = false, nil
			return
		}
		h.msg = append(h.msg, b[:n]...)
		m := message{f: f, b: append([]byte(nil), h.msg...)}
		m.rewrite()
		copy(b, m.b[from:])
		b = b[n:]
		if len(h.msg) == need && need > 4 || len(h.msg) == 4 && h.msg[1]|h.msg[2]|h.msg[3] == 0 {
			h.msg = h.msg[:0]
		}
	}
}
