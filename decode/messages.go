package decode

import (
	"net/netip"

	"tlswhy/decode/wire"
)

// Kind names a Message in JSON.
type Kind string

// Messages of the transport.
type (
	// Open is a SYN, Accept a SYN-ACK, Establish the first ACK that answers one.
	Open      struct{}
	Accept    struct{}
	Establish struct{}
	// Reset is a RST, Close a FIN.
	Reset struct{}
	Close struct{}
	// Retransmission repeats bytes; Different says that the content changed.
	Retransmission struct {
		Of        string // "SYN", "SYN-ACK", "FIN" or "data"
		Bytes     int
		Count     int // the how manieth repetition of the same bytes
		Different bool
	}
	// Gap is bytes that the capture does not have.
	Gap struct{ Bytes int64 }
	// ICMPError quotes a packet that From... sent; the event's From is Network.
	ICMPError struct {
		Type, Code uint8
		IPv6       bool
		MTU        int
		Reporter   netip.Addr
		Of         Side // who had sent the quoted packet
	}
	// Fragment is a packet of which only a part of its IP fragments came.
	Fragment struct{ Bytes int }
	// AckOnly is the first pure acknowledgement after the bytes of a flight, or
	// after a reset of the same side; Bytes is 0 then.
	AckOnly struct{ Bytes int64 }
)

// Messages of TLS. They embed what package wire read.
type (
	ClientHello struct {
		wire.ClientHello
		RecordVersion wire.Version
		Raw           []byte // handshake message body, for fingerprints; aliases nothing
		Segments      int    // TCP segments (datagrams) that carried it
		Records       int
		Second        bool // answer to a HelloRetryRequest or HelloVerifyRequest
	}
	ServerHello         struct{ wire.ServerHello }
	HelloVerifyRequest  struct{ wire.HelloVerifyRequest }
	EncryptedExtensions struct{ wire.EncryptedExtensions }
	Certificate         struct{ wire.Certificate }
	CertificateRequest  struct{ wire.CertificateRequest }
	CertificateStatus   struct{ wire.CertificateStatus }
	ServerKeyExchange   struct{ wire.KeyExchange }
	ServerHelloDone     struct{}
	ClientKeyExchange   struct{ wire.ClientKeyExchange }
	CertificateVerify   struct{ wire.CertificateVerify }
	Finished            struct{ Inferred bool } // Inferred: an encrypted record in its place
	NewSessionTicket    struct{ wire.NewSessionTicket }
	HelloRequest        struct{}
	KeyUpdate           struct{}
	OtherHandshake      struct {
		Type   wire.HandshakeType
		Length int
	}
	ChangeCipherSpec struct{}
	Alert            struct {
		Level       wire.AlertLevel
		Description wire.AlertDescription
		Encrypted   bool // sent encrypted; Level and Description are known only when Event.Decrypted
		Inferred    bool // TLS 1.3: a record of an alert's size and place
	}
	// Encrypted is a protected record whose content is not known.
	Encrypted struct {
		ContentType wire.ContentType
		Version     wire.Version
		Bytes       int // body
	}
	// AppData is application data after the handshake; Prefix only when decrypted.
	AppData struct {
		Bytes  int
		Prefix []byte // first bytes, at most 256
	}
	// BadRecord is something that should have been a record and is none.
	BadRecord struct {
		ContentType wire.ContentType
		Version     wire.Version
		Bytes       int // length field
		Prefix      []byte
	}
)

// Messages in the clear.
type (
	// Plain is bytes that are not TLS.
	Plain struct {
		Protocol string // "http", "ssh", "smtp" …; empty when unknown
		Prefix   []byte // at most 512 bytes
		Bytes    int64  // all of this run
	}
	// Prelude is one line or message of a protocol before TLS.
	Prelude struct {
		Protocol string // "smtp", "http-connect" …
		What     string // "greeting", "capabilities", "starttls", "accepted", "refused", "offered", "not-offered", "stripped", "connect", "header" …
		Text     string // the line or a short form of it, raw bytes
		Code     int    // reply code where the protocol has one
	}
)

// Messages of QUIC and DTLS.
type (
	QUICInitial struct {
		Version     uint32
		DCID, SCID  []byte
		Token       bool
		PacketBytes int
	}
	QUICRetry              struct{ Version uint32 }
	QUICVersionNegotiation struct{ Versions []uint32 }
	QUICClose              struct {
		Application bool
		Code        uint64
		FrameType   uint64
		Reason      string
	}
	// Datagram is a protected QUIC or DTLS packet whose content is not known.
	Datagram struct {
		Type  string // "0-RTT", "Handshake", "1-RTT", "stateless-reset" …
		Bytes int
	}
	// DatagramFragment is part of a DTLS handshake message that never became whole.
	DatagramFragment struct {
		Type                 wire.HandshakeType
		Sequence             int
		Offset, Bytes, Total int
		Repeated             int
	}
)

func (Open) kind() Kind                   { return "open" }
func (Accept) kind() Kind                 { return "accept" }
func (Establish) kind() Kind              { return "establish" }
func (Reset) kind() Kind                  { return "reset" }
func (Close) kind() Kind                  { return "close" }
func (Retransmission) kind() Kind         { return "retransmission" }
func (Gap) kind() Kind                    { return "gap" }
func (ICMPError) kind() Kind              { return "icmp_error" }
func (Fragment) kind() Kind               { return "fragment" }
func (AckOnly) kind() Kind                { return "ack" }
func (ClientHello) kind() Kind            { return "client_hello" }
func (ServerHello) kind() Kind            { return "server_hello" }
func (HelloVerifyRequest) kind() Kind     { return "hello_verify_request" }
func (EncryptedExtensions) kind() Kind    { return "encrypted_extensions" }
func (Certificate) kind() Kind            { return "certificate" }
func (CertificateRequest) kind() Kind     { return "certificate_request" }
func (CertificateStatus) kind() Kind      { return "certificate_status" }
func (ServerKeyExchange) kind() Kind      { return "server_key_exchange" }
func (ServerHelloDone) kind() Kind        { return "server_hello_done" }
func (ClientKeyExchange) kind() Kind      { return "client_key_exchange" }
func (CertificateVerify) kind() Kind      { return "certificate_verify" }
func (Finished) kind() Kind               { return "finished" }
func (NewSessionTicket) kind() Kind       { return "new_session_ticket" }
func (HelloRequest) kind() Kind           { return "hello_request" }
func (KeyUpdate) kind() Kind              { return "key_update" }
func (OtherHandshake) kind() Kind         { return "other_handshake" }
func (ChangeCipherSpec) kind() Kind       { return "change_cipher_spec" }
func (Alert) kind() Kind                  { return "alert" }
func (Encrypted) kind() Kind              { return "encrypted" }
func (AppData) kind() Kind                { return "application_data" }
func (BadRecord) kind() Kind              { return "bad_record" }
func (Plain) kind() Kind                  { return "plain" }
func (Prelude) kind() Kind                { return "prelude" }
func (QUICInitial) kind() Kind            { return "quic_initial" }
func (QUICRetry) kind() Kind              { return "quic_retry" }
func (QUICVersionNegotiation) kind() Kind { return "quic_version_negotiation" }
func (QUICClose) kind() Kind              { return "quic_close" }
func (Datagram) kind() Kind               { return "datagram" }
func (DatagramFragment) kind() Kind       { return "datagram_fragment" }
