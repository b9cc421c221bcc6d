package wire

import (
	"bytes"
	"encoding/binary"
)

// ServerHello is the server's choice; HelloRetryRequest has the same form and
// is told apart by its random (RFC 8446, Section 4.1.3).
type ServerHello struct {
	Length               int // of the handshake message body in bytes, as far as given to the parser
	LegacyVersion        Version
	Version              Version // selected: supported_versions, else LegacyVersion
	Random               []byte
	SessionID            []byte
	CipherSuite          CipherSuite
	CompressionMethod    uint8
	Extensions           []Extension
	HelloRetryRequest    bool
	Group                Group // of key_share; 0 without
	HasGroup             bool
	KeyShareLength       int
	ALPN                 string // TLS 1.2 and before
	HasALPN              bool
	SelectedPSK          int // -1 without pre_shared_key
	ExtendedMasterSecret bool
	RenegotiationInfo    bool
	SessionTicket        bool
	StatusRequest        bool
	EncryptThenMAC       bool
	Cookie               []byte
	PointFormats         []byte
	MaxFragmentLength    uint8 // code of RFC 6066, Section 4
	RecordSizeLimit      int
	ConnectionID         []byte // DTLS (RFC 9146)
	HasConnectionID      bool
	ServerNameAck        bool
	DowngradeSentinel    Version // TLS 1.2 or 1.1: what the random says about the server's best (RFC 8446, Section 4.1.3); 0 without
	SSLv2                bool
	SSLv2Certificate     []byte
	SSLv2CipherKinds     []SSLv2Cipher
}

// retryRandom is the random of a HelloRetryRequest (RFC 8446, Section 4.1.3).
const retryRandom = "\xcf\x21\xad\x74\xe5\x9a\x61\x11\xbe\x1d\x8c\x02\x1e\x65\xb8\x91" +
	"\xc2\xa2\x11\x16\x7a\xbb\x8c\x5e\x07\x9e\x09\xe2\xc8\xa8\x33\x9c"

// ParseServerHello reads the body of a ServerHello of SSL 3.0 to TLS 1.3, TLCP
// and DTLS, the form of the drafts before 22 included (RFC 8446, Section
// 4.1.3; RFC 5246, Section 7.4.1.3).
func ParseServerHello(body []byte) (ServerHello, *Malformed) {
	t := trouble{message: "ServerHello"}
	r := newReader(&t, body)
	h := ServerHello{Length: len(body), SelectedPSK: -1}
	h.LegacyVersion = Version(r.uint16("legacy_version"))
	h.Version = h.LegacyVersion
	h.Random = r.take("random", 32)
	h.HelloRetryRequest = string(h.Random) == retryRandom
	if h.HelloRetryRequest {
		t.message = "HelloRetryRequest"
	}
	h.DowngradeSentinel = downgradeSentinel(h.Random)
	old := h.oldForm(&r)
	if !old {
		h.SessionID = r.opaque("session_id", 1)
	}
	h.CipherSuite = CipherSuite(r.uint16("cipher_suite"))
	if !old {
		h.CompressionMethod = r.uint8("compression_method")
	}
	if r.more() {
		h.Extensions = r.extensions(h.extension)
	}
	r.end("end")
	return h, t.first
}

// oldForm reports a ServerHello of the drafts before 22, which has neither
// session_id nor compression_method. The first of them wrote 0x0304 into
// legacy_version, as stacks that err do: there the lengths tell.
func (h *ServerHello) oldForm(r *reader) bool {
	if h.LegacyVersion == TLS13 {
		return r.fills16(2)
	}
	return h.LegacyVersion.Draft() > 0 && h.LegacyVersion.Draft() < 22
}

// ParseHelloRetryRequest reads the body of the message of type 6 that the
// drafts before 22 had (draft-ietf-tls-tls13-21, Section 4.1.4). The cipher
// suite came with draft 19.
func ParseHelloRetryRequest(body []byte) (ServerHello, *Malformed) {
	t := trouble{message: "HelloRetryRequest"}
	r := newReader(&t, body)
	h := ServerHello{Length: len(body), SelectedPSK: -1, HelloRetryRequest: true}
	h.LegacyVersion = Version(r.uint16("server_version"))
	h.Version = h.LegacyVersion
	if len(r.b) >= 2 && int(binary.BigEndian.Uint16(r.b)) != len(r.b)-2 {
		h.CipherSuite = CipherSuite(r.uint16("cipher_suite"))
	}
	h.Extensions = r.extensions(h.extension)
	r.end("end")
	return h, t.first
}

// downgradeSentinel is RFC 8446, Section 4.1.3.
func downgradeSentinel(random []byte) Version {
	if len(random) != 32 || !bytes.Equal(random[24:31], []byte("DOWNGRD")) {
		return 0
	}
	switch random[31] {
	case 0:
		return TLS11
	case 1:
		return TLS12
	}
	return 0
}

// extension reads the data of one extension.
func (h *ServerHello) extension(typ ExtensionType, r *reader) {
	switch typ {
	case ExtServerName: // RFC 6066, Section 3
		h.ServerNameAck = true
		return
	case ExtMaxFragmentLength: // RFC 6066, Section 4
		h.MaxFragmentLength = r.uint8("max_fragment_length")
	case ExtStatusRequest: // RFC 6066, Section 8
		h.StatusRequest = true
		return
	case ExtECPointFormats: // RFC 8422, Section 5.1.2
		h.PointFormats = r.opaque("ec_point_formats", 1)
	case ExtALPN: // RFC 7301, Section 3.1
		h.HasALPN = true
		if names := readALPN(r); len(names) > 0 {
			h.ALPN = names[0]
		}
	case ExtEncryptThenMAC: // RFC 7366, Section 2
		h.EncryptThenMAC = true
	case ExtExtendedMasterSecret: // RFC 7627, Section 5.1
		h.ExtendedMasterSecret = true
	case ExtSessionTicket: // RFC 5077, Section 3.2
		h.SessionTicket = true
	case ExtRenegotiationInfo: // RFC 5746, Section 3.2
		h.RenegotiationInfo = true
		r.opaque("renegotiation_info", 1)
	case ExtRecordSizeLimit: // RFC 8449, Section 4
		h.RecordSizeLimit = int(r.uint16("record_size_limit"))
	case ExtSupportedVersions: // RFC 8446, Section 4.2.1
		if v := Version(r.uint16("selected_version")); v != 0 {
			h.Version = v
		}
	case ExtKeyShare, ExtKeyShareOld: // RFC 8446, Section 4.2.8
		h.keyShare(r)
	case ExtPreSharedKey: // RFC 8446, Section 4.2.11
		if n := int(r.uint16("selected_identity")); !r.dead {
			h.SelectedPSK = n
		}
	case ExtCookie: // RFC 8446, Section 4.2.2
		h.Cookie = r.opaque("cookie", 2)
	case ExtConnectionID: // RFC 9146, Section 3
		h.HasConnectionID = true
		h.ConnectionID = r.opaque("connection_id", 1)
	default:
		return
	}
	r.end(typ.field())
}

// keyShare is the share of a ServerHello or the group of a HelloRetryRequest.
func (h *ServerHello) keyShare(r *reader) {
	h.Group = Group(r.uint16("group"))
	h.HasGroup = !r.dead
	if !h.HelloRetryRequest {
		h.KeyShareLength = len(r.opaque("key_exchange", 2))
	}
}
