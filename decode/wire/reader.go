package wire

import "fmt"

// Bounds on lists whose elements cost more memory than bytes on the wire. Real
// messages stay far below; what is beyond is left out and said in Malformed.
const (
	maxExtensions   = 512  // Chrome sends under 30
	maxCertificates = 256  // OpenSSL verifies chains of up to 100
	maxAuthorities  = 4096 // all public roots are some hundred
	maxKeyShares    = 256  // one for each group
	maxProtocols    = 256  // of ALPN
	maxIdentities   = 1024 // of pre_shared_key
)

// trouble is shared by all readers of one message.
type trouble struct {
	message string
	first   *Malformed
}

// reader takes the fields of a message one after the other. The first field
// that does not fit kills it: all later reads give zero values.
type reader struct {
	t    *trouble
	b    []byte // what is left
	pos  int    // offset of b in the message body
	dead bool
}

func newReader(t *trouble, body []byte) reader { return reader{t: t, b: body} }

// more reports whether something is left to read.
func (r *reader) more() bool { return !r.dead && len(r.b) > 0 }

// wrong records a trouble of a field and kills the reader.
func (r *reader) wrong(field string, offset, missing int, format string, args ...any) {
	r.dead = true
	if r.t.first == nil {
		r.t.first = &Malformed{
			Message: r.t.message, Field: field, Offset: offset, Missing: missing,
			Reason: fmt.Sprintf(format, args...),
		}
	}
}

func (r *reader) cut(field string, offset, missing int) {
	r.wrong(field, offset, missing, "%s missing", byteCount(missing))
}

func byteCount(n int) string {
	if n == 1 {
		return "1 byte"
	}
	return fmt.Sprintf("%d bytes", n)
}

// take reads n bytes; nil when they are not all there.
func (r *reader) take(field string, n int) []byte {
	if r.dead {
		return nil
	}
	if n > len(r.b) {
		r.cut(field, r.pos, n-len(r.b))
		return nil
	}
	out := r.b[:n:n]
	r.b, r.pos = r.b[n:], r.pos+n
	return out
}

// uint reads a number of size bytes.
func (r *reader) uint(field string, size int) int {
	n := 0
	for _, c := range r.take(field, size) {
		n = n<<8 | int(c)
	}
	return n
}

func (r *reader) uint8(field string) uint8   { return uint8(r.uint(field, 1)) }
func (r *reader) uint16(field string) uint16 { return uint16(r.uint(field, 2)) }
func (r *reader) uint32(field string) uint32 { return uint32(r.uint(field, 4)) }

// vector reads the length of a vector, size bytes wide, and gives a reader of
// its contents. When the vector is cut, r is dead, and the contents are read
// as far as they go; whole is false.
func (r *reader) vector(field string, size int) (contents reader, whole bool) {
	start := r.pos
	n := r.uint(field, size)
	if r.dead {
		return reader{t: r.t, pos: r.pos, dead: true}, false
	}
	if n > len(r.b) {
		contents = reader{t: r.t, b: r.b, pos: r.pos}
		r.cut(field, start, n-len(r.b))
		r.b, r.pos = nil, r.pos+len(r.b)
		return contents, false
	}
	contents = reader{t: r.t, b: r.b[:n:n], pos: r.pos}
	r.b, r.pos = r.b[n:], r.pos+n
	return contents, true
}

// opaque reads a vector of bytes; nil when it is not all there.
func (r *reader) opaque(field string, size int) []byte {
	if contents, whole := r.vector(field, size); whole {
		return contents.b
	}
	return nil
}

// rest reads all that is left.
func (r *reader) rest() []byte { return r.take("", len(r.b)) }

// end records what is left over.
func (r *reader) end(field string) {
	if r.more() {
		r.wrong(field, r.pos, 0, "%s left over", byteCount(len(r.b)))
	}
}

// bounded records that a list has more elements than are kept.
func (r *reader) bounded(field string, have, limit int) bool {
	if have < limit {
		return false
	}
	r.wrong(field, r.pos, 0, "more than %d elements", limit)
	return true
}

// list16 reads a vector of 16-bit code points.
func list16[T ~uint16](r *reader, field string, size int) []T {
	start := r.pos
	v, _ := r.vector(field, size)
	if v.dead || len(v.b) == 0 {
		return nil
	}
	if len(v.b)%2 != 0 {
		v.wrong(field, start, 0, "odd length %d", len(v.b))
	}
	out := make([]T, len(v.b)/2)
	for i := range out {
		out[i] = T(v.b[2*i])<<8 | T(v.b[2*i+1])
	}
	return out
}

// extension reads the type and the data of one extension (RFC 8446, Section
// 4.2). Only a whole one is appended to list.
func (r *reader) extension(list []Extension) ([]Extension, reader, bool) {
	if r.bounded("extensions", len(list), maxExtensions) {
		return list, reader{}, false
	}
	typ := ExtensionType(r.uint16("extension_type"))
	data, whole := r.vector(typ.field(), 2)
	if !whole {
		return list, reader{}, false
	}
	return append(list, Extension{Type: typ, Data: data.b}), data, true
}

// extensions reads a list of extensions and hands each whole one to each.
func (r *reader) extensions(each func(ExtensionType, *reader)) []Extension {
	v, _ := r.vector("extensions", 2)
	var list []Extension
	if n := countExtensions(v.b); n > 0 {
		list = make([]Extension, 0, n)
	}
	var data reader // one for all: it escapes to each
	for v.more() {
		var whole bool
		if list, data, whole = v.extension(list); whole && each != nil {
			each(list[len(list)-1].Type, &data)
		}
	}
	return list
}

// countExtensions says how many extensions stand in b, at most maxExtensions.
func countExtensions(b []byte) int {
	n := 0
	for len(b) >= 4 && n < maxExtensions {
		l := 4 + int(b[2])<<8 + int(b[3])
		if l > len(b) {
			break
		}
		b, n = b[l:], n+1
	}
	return n
}
