package decode

// Every bound of the package, with its reason. What a bound cuts off is said
// in Handshake.Dropped or as an event.
const (
	maxLive            = 1 << 15   // undecided connections of a capture that goes on: 130 MB of hellos and certificates
	maxRecords         = 400       // entries in the log of one handshake: a dozen are usual
	maxEncrypted       = 64        // of them protected records of one side
	maxRepeats         = 24        // of them retransmissions of one side
	maxResets          = 8         // of them RST of one side: injectors send bursts of three to five
	maxArena           = 1 << 20   // bytes of messages of one handshake: the largest certificate lists
	maxMessage         = 256 << 10 // bytes of one handshake message that are kept
	maxPlain           = 512       // bytes kept of what is not TLS
	maxPrefix          = 256       // bytes kept of application data
	maxPrelude         = 1 << 20   // bytes of a dialogue before TLS that are followed
	maxLateSearch      = 256 << 10 // bytes searched for a record when the capture starts late
	maxFollow          = 1 << 20   // bytes of application data followed after the handshake, or after it failed
	maxPooled          = 256       // logs kept for reuse
	maxAuthentications = 256       // runs of EAP at a time, on the network or between a pair of RADIUS ports
	maxStrange         = 8         // datagrams of a flow that may be neither DTLS nor QUIC
	maxSTUN            = 64        // STUN messages that may come before DTLS
	maxInitials        = 24        // QUIC Initial packets of one side that are logged
	maxVersions        = 32        // versions of a Version Negotiation packet
	maxDatagramRecords = 64        // records of one datagram that are read
	maxDTLSMessages    = 32        // messages of one side of which the place is remembered
	settledQUIC        = 3         // 1-RTT packets of each side that prove a handshake healthy
)
