package wire

import (
	"encoding/binary"
	"fmt"
)

// Content types of records (RFC 8446, Section 5.1; RFC 9146, Section 4; RFC
// 9147, Section 4; GB/T 38636, site to site).
const (
	TypeChangeCipherSpec ContentType = 20
	TypeAlert            ContentType = 21
	TypeHandshake        ContentType = 22
	TypeApplicationData  ContentType = 23
	TypeHeartbeat        ContentType = 24
	TypeTLS12CID         ContentType = 25
	TypeACK              ContentType = 26
	TypeSiteToSite       ContentType = 80
)

// RecordHeaderLen is the length of a record's header on a stream, in bytes.
const RecordHeaderLen = 5

// MaxRecordLength is the most that a record may hold after its header: 2^14
// and what protection may add (RFC 5246, Section 6.2.3).
const MaxRecordLength = 1<<14 + 2048

// RecordHeader is the header of a record on a stream (RFC 8446, Section 5.1).
type RecordHeader struct {
	ContentType ContentType
	Version     Version // legacy_record_version
	Length      int     // of the fragment, in bytes
}

// ParseRecordHeader reads the header at the start of b; false when fewer than
// RecordHeaderLen bytes are there. It judges nothing.
func ParseRecordHeader(b []byte) (RecordHeader, bool) {
	if len(b) < RecordHeaderLen {
		return RecordHeader{}, false
	}
	return RecordHeader{
		ContentType: ContentType(b[0]),
		Version:     Version(binary.BigEndian.Uint16(b[1:])),
		Length:      int(binary.BigEndian.Uint16(b[3:])),
	}, true
}

// Plausible reports whether a stack in the field would send this header: a
// known type, a version that records carry, a length within the bounds.
func (h RecordHeader) Plausible() bool {
	return h.ContentType.inRecord() && h.Version.inRecord() && h.Length > 0 && h.Length <= MaxRecordLength
}

func (t ContentType) inRecord() bool { return t >= TypeChangeCipherSpec && t <= TypeHeartbeat }

// inRecord reports whether v is a version that records on a stream carry.
func (v Version) inRecord() bool { return v >= SSL30 && v <= TLS13 || v == TLCP11 }

// LooksLikeTLS reports whether b could be the first bytes of a stream of TLS
// or TLCP records, or of records in the middle of one. Three bytes at least
// must be there; the more there are, the more are checked.
func LooksLikeTLS(b []byte) bool { return len(b) >= 3 && MayBecomeTLS(b) }

// LooksLikeLongHello reports whether b begins a ClientHello in one record that
// is longer than a record may be.
func LooksLikeLongHello(b []byte) bool {
	h, whole := ParseRecordHeader(b)
	if !whole || h.ContentType != TypeHandshake || !h.Version.inRecord() || h.Length <= MaxRecordLength {
		return false
	}
	m, whole := ParseHandshakeHeader(b[RecordHeaderLen:])
	return whole && HandshakeType(b[RecordHeaderLen]) == TypeClientHello && m.Length+4 >= h.Length
}

// MayBecomeTLS is LooksLikeTLS for a stream of which only b has come yet, were
// it empty: nothing in b speaks against TLS.
func MayBecomeTLS(b []byte) bool {
	if len(b) > 0 && !ContentType(b[0]).inRecord() {
		return false
	}
	if len(b) > 1 && b[1] != 3 && b[1] != 1 {
		return false
	}
	h, whole := ParseRecordHeader(b)
	if !whole {
		return len(b) < 3 || Version(binary.BigEndian.Uint16(b[1:])).inRecord() || b[0] == 22 && b[1] == 3
	}
	return plausibleStart(h, b[RecordHeaderLen:])
}

// plausibleStart looks at a header and at as much of the fragment as is there.
func plausibleStart(h RecordHeader, fragment []byte) bool {
	if h.Length == 0 || h.Length > MaxRecordLength {
		return false
	}
	oddVersion := !h.Version.inRecord()
	switch h.ContentType {
	case TypeChangeCipherSpec:
		return !oddVersion && h.Length == 1 && (len(fragment) == 0 || fragment[0] == 1)
	case TypeAlert:
		return !oddVersion && plausibleAlert(h.Length, fragment)
	case TypeHandshake:
		if oddVersion && h.Version>>8 != 3 {
			return false
		}
		return len(fragment) == 0 || plausibleHandshake(h, fragment)
	}
	return !oddVersion
}

func plausibleAlert(length int, fragment []byte) bool {
	if length != 2 { // protected, a block and a MAC at most
		return length > 2 && length <= 256
	}
	return len(fragment) == 0 || fragment[0] == 1 || fragment[0] == 2
}

// plausibleHandshake reports whether a message in the clear begins here. A
// record version that no one knows is taken for one only with a ClientHello.
func plausibleHandshake(h RecordHeader, fragment []byte) bool {
	typ := HandshakeType(fragment[0])
	if !h.Version.inRecord() && typ != TypeClientHello {
		return false
	}
	if !typ.Known() {
		return false
	}
	m, whole := ParseHandshakeHeader(fragment)
	if !whole {
		return true
	}
	return m.Length <= 1<<18 && (typ != TypeClientHello || m.Length >= 34)
}

// Name is the IANA name, as "handshake".
func (t ContentType) Name() string {
	switch t {
	case TypeChangeCipherSpec:
		return "change_cipher_spec"
	case TypeAlert:
		return "alert"
	case TypeHandshake:
		return "handshake"
	case TypeApplicationData:
		return "application_data"
	case TypeHeartbeat:
		return "heartbeat"
	case TypeTLS12CID:
		return "tls12_cid"
	case TypeACK:
		return "ACK"
	case TypeSiteToSite:
		return "site_to_site"
	}
	return fmt.Sprintf("unknown (%d)", uint8(t))
}

func (t ContentType) String() string { return t.Name() }
