package capturetest

// Extension is an extension of a hello with its bytes.
type Extension struct {
	Type uint16
	Data []byte
}

// Extension types that tests ask for by name.
const (
	ExtServerName        uint16 = 0
	ExtGroups            uint16 = 10
	ExtPointFormats      uint16 = 11
	ExtSignatures        uint16 = 13
	ExtALPN              uint16 = 16
	ExtMasterSecret      uint16 = 23
	ExtSessionTicket     uint16 = 35
	ExtPreSharedKey      uint16 = 41
	ExtSupportedVersions uint16 = 43
	ExtKeyShare          uint16 = 51
	ExtRenegotiationInfo uint16 = 65281
)

// ClientHello is what a ClientHello is made from. A field that is empty
// leaves its extension out.
type ClientHello struct {
	RecordVersion uint16
	LegacyVersion uint16
	Random        []byte // 32 bytes
	SessionID     []byte
	Ciphers       []uint16
	Compression   []byte
	ServerName    string
	Versions      []uint16
	Groups        []uint16
	Signatures    []uint16
	ALPN          []string
	KeyShares     []uint16
	Extra         []Extension // behind the others
	NoExtensions  bool        // not even the length of the list
}

// NewClientHello offers TLS 1.2 and 1.3 as a usual client does. An empty name
// leaves out the server name.
func NewClientHello(name string) ClientHello {
	return ClientHello{
		RecordVersion: TLS10,
		LegacyVersion: TLS12,
		Random:        Noise(32, 1),
		SessionID:     Noise(32, 2),
		Ciphers:       []uint16{0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8},
		Compression:   []byte{0},
		ServerName:    name,
		Versions:      []uint16{TLS13, TLS12},
		Groups:        []uint16{29, 23, 24},
		Signatures:    []uint16{0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501},
		ALPN:          []string{"h2", "http/1.1"},
		KeyShares:     []uint16{29},
		Extra:         []Extension{{ExtMasterSecret, nil}, {ExtRenegotiationInfo, []byte{0}}},
	}
}

// NewClientHello12 offers TLS 1.2 only.
func NewClientHello12(name string) ClientHello {
	h := NewClientHello(name)
	h.Ciphers = h.Ciphers[3:]
	h.Versions, h.KeyShares, h.SessionID = nil, nil, nil
	return h
}

// Message returns the handshake message (RFC 8446, Section 4.1.2).
func (h ClientHello) Message() []byte {
	body := numbers([]uint16{h.LegacyVersion})
	body = append(body, h.Random...)
	body = append(body, vec8(h.SessionID)...)
	body = append(body, vec16(numbers(h.Ciphers))...)
	body = append(body, vec8(h.Compression)...)
	if !h.NoExtensions {
		body = append(body, vec16(extensions(h.extensions()))...)
	}
	return Message(1, body)
}

// Record returns the message in its record.
func (h ClientHello) Record() []byte {
	return Record(TypeHandshake, h.RecordVersion, h.Message())
}

func (h ClientHello) extensions() []Extension {
	var list []Extension
	add := func(wanted bool, typ uint16, data []byte) {
		if wanted {
			list = append(list, Extension{typ, data})
		}
	}
	var shares []byte
	for _, g := range h.KeyShares {
		shares = append(shares, keyShare(g)...)
	}
	add(h.ServerName != "", ExtServerName, vec16(append([]byte{0}, vec16([]byte(h.ServerName))...)))
	add(len(h.Groups) > 0, ExtGroups, vec16(numbers(h.Groups)))
	add(len(h.Groups) > 0, ExtPointFormats, []byte{1, 0})
	add(len(h.Signatures) > 0, ExtSignatures, vec16(numbers(h.Signatures)))
	add(len(h.ALPN) > 0, ExtALPN, protocols(h.ALPN))
	add(len(h.Versions) > 0, ExtSupportedVersions, vec8(numbers(h.Versions)))
	add(len(h.KeyShares) > 0, ExtKeyShare, vec16(shares))
	return append(list, h.Extra...)
}

// ServerHello is what a ServerHello or HelloRetryRequest is made from.
type ServerHello struct {
	LegacyVersion uint16
	Random        []byte
	SessionID     []byte
	Cipher        uint16
	Compression   uint8
	Version       uint16 // supported_versions, 0 for none
	KeyShare      uint16 // group, 0 for none
	ALPN          string
	Extra         []Extension

	// Retry makes it a HelloRetryRequest: the random that says so, and a
	// key share that is only the group.
	Retry bool
}

// NewServerHello13 answers with TLS 1.3 and X25519; it echoes the session
// ID of NewClientHello.
func NewServerHello13() ServerHello {
	return ServerHello{
		LegacyVersion: TLS12, Random: Noise(32, 3), SessionID: Noise(32, 2),
		Cipher: 0x1301, Version: TLS13, KeyShare: 29,
	}
}

// NewServerHello12 answers with TLS 1.2 and ECDHE.
func NewServerHello12() ServerHello {
	return ServerHello{
		LegacyVersion: TLS12, Random: Noise(32, 3), SessionID: Noise(32, 4), Cipher: 0xc02f,
		Extra: []Extension{{ExtRenegotiationInfo, []byte{0}}, {ExtMasterSecret, nil}},
	}
}

// Message returns the handshake message (RFC 8446, Sections 4.1.3 and 4.1.4).
func (h ServerHello) Message() []byte {
	random := h.Random
	if h.Retry {
		random = retryRandom()
	}
	body := append(numbers([]uint16{h.LegacyVersion}), random...)
	body = append(body, vec8(h.SessionID)...)
	body = append(append(body, numbers([]uint16{h.Cipher})...), h.Compression)
	var list []Extension
	if h.Version != 0 {
		list = append(list, Extension{ExtSupportedVersions, numbers([]uint16{h.Version})})
	}
	if h.KeyShare != 0 && h.Retry {
		list = append(list, Extension{ExtKeyShare, numbers([]uint16{h.KeyShare})})
	} else if h.KeyShare != 0 {
		list = append(list, Extension{ExtKeyShare, keyShare(h.KeyShare)})
	}
	if h.ALPN != "" {
		list = append(list, Extension{ExtALPN, protocols([]string{h.ALPN})})
	}
	if list = append(list, h.Extra...); len(list) > 0 {
		body = append(body, vec16(extensions(list))...)
	}
	return Message(2, body)
}

// Record returns the message in its record.
func (h ServerHello) Record() []byte { return HandshakeRecord(h.Message()) }

// retryRandom is the SHA-256 of "HelloRetryRequest" (RFC 8446, Section 4.1.3).
func retryRandom() []byte {
	return []byte{
		0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
		0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
	}
}

// keyShare returns a key share entry with as many bytes as the group has.
func keyShare(group uint16) []byte {
	size := map[uint16]int{23: 65, 24: 97, 25: 133, 29: 32, 30: 56, 4588: 1216}[group]
	if size == 0 {
		size = 32
	}
	return append(numbers([]uint16{group}), vec16(Noise(size, uint32(group)))...)
}

func protocols(names []string) []byte {
	var b []byte
	for _, n := range names {
		b = append(b, vec8([]byte(n))...)
	}
	return vec16(b)
}

func extensions(list []Extension) []byte {
	var b []byte
	for _, e := range list {
		b = append(append(b, numbers([]uint16{e.Type})...), vec16(e.Data)...)
	}
	return b
}
