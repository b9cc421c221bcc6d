package wire

// Extension is one extension as it came, in its order.
type Extension struct {
	Type ExtensionType
	Data []byte
}

// KeyShare is one entry of key_share.
type KeyShare struct {
	Group  Group
	Length int // of the key exchange data, in bytes
}

// ClientHello is the client's offer (RFC 8446, Section 4.1.2; RFC 5246,
// Section 7.4.1.2; RFC 6347, Section 4.2.1). Lists are as they came, GREASE
// and signalling values included. When an extension comes twice, the last one
// counts; Extensions has both.
type ClientHello struct {
	Length               int // of the handshake message body in bytes, as far as given to the parser
	LegacyVersion        Version
	Random               []byte
	SessionID            []byte
	Cookie               []byte // DTLS, or the extension of that name
	CipherSuites         []CipherSuite
	CompressionMethods   []byte
	Extensions           []Extension
	ServerName           string // host_name of server_name, raw bytes
	HasServerName        bool   // the extension is there, maybe empty
	SupportedVersions    []Version
	Groups               []Group
	PointFormats         []byte
	SignatureSchemes     []SignatureScheme
	HasSignatureSchemes  bool
	CertSignatures       []SignatureScheme // signature_algorithms_cert
	ALPN                 []string
	KeyShares            []KeyShare
	PSKModes             []byte
	PSKIdentities        int  // offered in pre_shared_key
	PSKExternal          bool // the first of them has no ticket age: agreed on out of band (RFC 8446, Section 4.2.11)
	EarlyData            bool
	PostHandshakeAuth    bool
	ExtendedMasterSecret bool
	EncryptThenMAC       bool
	RenegotiationInfo    bool // extension 0xff01, or TLS_EMPTY_RENEGOTIATION_INFO_SCSV
	SessionTicket        int  // length of the ticket; -1 without the extension
	StatusRequest        bool
	SCT                  bool
	ECH                  bool  // encrypted_client_hello, GREASE or real
	MaxFragmentLength    uint8 // code of RFC 6066, Section 4
	RecordSizeLimit      int
	CompressCertificate  []CertificateCompression
	ConnectionID         []byte // DTLS (RFC 9146)
	HasConnectionID      bool
	SSLv2                bool          // SSL 2.0 format (RFC 5246, Appendix E.2)
	SSLv2CipherKinds     []SSLv2Cipher // three-byte kinds of an SSL 2.0 hello
}

// ParseClientHello reads the body of a ClientHello of SSL 3.0 to TLS 1.3 and
// TLCP (RFC 8446, Section 4.1.2).
func ParseClientHello(body []byte) (ClientHello, *Malformed) { return parseClientHello(body, false) }

// ParseClientHelloDTLS reads the body of a ClientHello of DTLS, which has a
// cookie (RFC 6347, Section 4.2.1; RFC 9147, Section 5.3).
func ParseClientHelloDTLS(body []byte) (ClientHello, *Malformed) { return parseClientHello(body, true) }

func parseClientHello(body []byte, dtls bool) (ClientHello, *Malformed) {
	t := trouble{message: "ClientHello"}
	r := newReader(&t, body)
	h := ClientHello{Length: len(body), SessionTicket: -1}
	h.LegacyVersion = Version(r.uint16("legacy_version"))
	h.Random = r.take("random", 32)
	h.SessionID = r.opaque("session_id", 1)
	if dtls {
		h.Cookie = r.opaque("cookie", 1)
	}
	h.CipherSuites = list16[CipherSuite](&r, "cipher_suites", 2)
	for _, c := range h.CipherSuites {
		if c == EmptyRenegotiationInfoSCSV {
			h.RenegotiationInfo = true
		}
	}
	h.CompressionMethods = r.opaque("compression_methods", 1)
	if r.more() { // without extensions: RFC 5246, Section 7.4.1.2
		h.Extensions = r.extensions(h.extension)
	}
	r.end("end")
	return h, t.first
}

// extension reads the data of one extension.
func (h *ClientHello) extension(typ ExtensionType, r *reader) {
	switch typ {
	case ExtServerName: // RFC 6066, Section 3
		h.HasServerName = true
		h.ServerName = readServerName(r)
	case ExtMaxFragmentLength: // RFC 6066, Section 4
		h.MaxFragmentLength = r.uint8("max_fragment_length")
	case ExtStatusRequest: // RFC 6066, Section 8
		h.StatusRequest = true
		return
	case ExtSupportedGroups: // RFC 8446, Section 4.2.7
		h.Groups = list16[Group](r, "supported_groups", 2)
	case ExtECPointFormats: // RFC 8422, Section 5.1.2
		h.PointFormats = r.opaque("ec_point_formats", 1)
	case ExtSignatureAlgorithms: // RFC 8446, Section 4.2.3
		h.HasSignatureSchemes = true
		h.SignatureSchemes = list16[SignatureScheme](r, "signature_algorithms", 2)
	case ExtSignatureAlgorithmsCert: // RFC 8446, Section 4.2.3
		h.CertSignatures = list16[SignatureScheme](r, "signature_algorithms_cert", 2)
	case ExtALPN: // RFC 7301, Section 3.1
		h.ALPN = readALPN(r)
	case ExtSCT: // RFC 6962, Section 3.3.1
		h.SCT = true
		return
	case ExtEncryptThenMAC: // RFC 7366, Section 2
		h.EncryptThenMAC = true
	case ExtExtendedMasterSecret: // RFC 7627, Section 5.1
		h.ExtendedMasterSecret = true
	case ExtSessionTicket: // RFC 5077, Section 3.2
		h.SessionTicket = len(r.rest())
	case ExtRenegotiationInfo: // RFC 5746, Section 3.2
		h.RenegotiationInfo = true
		r.opaque("renegotiation_info", 1)
	case ExtECH, ExtESNI:
		h.ECH = true
		return
	case ExtCompressCertificate: // RFC 8879, Section 3
		h.CompressCertificate = list16[CertificateCompression](r, "compress_certificate", 1)
	case ExtRecordSizeLimit: // RFC 8449, Section 4
		h.RecordSizeLimit = int(r.uint16("record_size_limit"))
	default:
		h.extension13(typ, r)
		return
	}
	r.end(typ.field())
}

// extension13 reads the data of an extension that TLS 1.3 or DTLS brought.
func (h *ClientHello) extension13(typ ExtensionType, r *reader) {
	switch typ {
	case ExtSupportedVersions: // RFC 8446, Section 4.2.1
		h.SupportedVersions = list16[Version](r, "supported_versions", 1)
	case ExtKeyShare, ExtKeyShareOld: // RFC 8446, Section 4.2.8
		h.KeyShares = readKeyShares(r)
	case ExtPSKKeyExchangeModes: // RFC 8446, Section 4.2.9
		h.PSKModes = r.opaque("psk_key_exchange_modes", 1)
	case ExtPreSharedKey: // RFC 8446, Section 4.2.11
		h.PSKIdentities, h.PSKExternal = readPSKIdentities(r)
	case ExtEarlyData: // RFC 8446, Section 4.2.10
		h.EarlyData = true
		return
	case ExtPostHandshakeAuth: // RFC 8446, Section 4.2.6
		h.PostHandshakeAuth = true
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

// readServerName is RFC 6066, Section 3. A server's answer is empty.
func readServerName(r *reader) string {
	if !r.more() {
		return ""
	}
	name, found := "", false
	list, _ := r.vector("server_name_list", 2)
	for list.more() {
		typ := list.uint8("name_type")
		b, whole := list.vector("host_name", 2)
		if typ == 0 && whole && !found {
			name, found = string(b.b), true
		}
	}
	return name
}

// readALPN is RFC 7301, Section 3.1.
func readALPN(r *reader) []string {
	v, _ := r.vector("protocol_name_list", 2)
	if !v.more() {
		return nil
	}
	text, names := string(v.b), make([]string, 0, 4)
	start := v.pos
	for v.more() && !v.bounded("protocol_name_list", len(names), maxProtocols) {
		if b, whole := v.vector("protocol_name", 1); whole {
			at := b.pos - start
			names = append(names, text[at:at+len(b.b)])
		}
	}
	return names
}

// readKeyShares is RFC 8446, Section 4.2.8.
func readKeyShares(r *reader) []KeyShare {
	var shares []KeyShare
	v, _ := r.vector("client_shares", 2)
	for v.more() && !v.bounded("client_shares", len(shares), maxKeyShares) {
		group := Group(v.uint16("group"))
		if key, whole := v.vector("key_exchange", 2); whole {
			shares = append(shares, KeyShare{Group: group, Length: len(key.b)})
		}
	}
	return shares
}

// readPSKIdentities counts the identities and says whether the first one came
// with no ticket (RFC 8446, Section 4.2.11).
func readPSKIdentities(r *reader) (n int, external bool) {
	v, _ := r.vector("identities", 2)
	for v.more() && !v.bounded("identities", n, maxIdentities) {
		_, whole := v.vector("identity", 2)
		age := v.uint32("obfuscated_ticket_age")
		if whole && !v.dead {
			external = external || n == 0 && age == 0
			n++
		}
	}
	r.opaque("binders", 2)
	return n, external
}
