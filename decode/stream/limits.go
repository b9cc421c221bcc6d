package stream

import "time"

// Limits are the bounds of a Table. Every one that can be reached by a
// capture is counted in Stats.
type Limits struct {
	Conns  int // open connections; past it the one idle for longest is closed
	Closed int // closed connections whose numbers are still known; past it the older half is forgotten

	Waiting      int // bytes behind a hole, for each direction; past it the hole becomes a gap
	TotalWaiting int // bytes behind holes in all
	Pieces       int // segments behind a hole, for each direction

	Idle   time.Duration // a connection without packets is closed after this
	Linger time.Duration // a connection that both ends closed or one reset is closed after this
}

// DefaultLimits are the bounds for captures of any origin.
func DefaultLimits() Limits {
	return Limits{
		Conns:        1 << 18,                 // 100 MB of connections: a flood of SYNs
		Closed:       1 << 17,                 // 6 MB; late packets come within as many connections
		Waiting:      1 << 20,                 // a window of a fast path; a handshake is far smaller
		TotalWaiting: 32 << 20,                // lossy captures with thousands of open connections
		Pieces:       1024,                    // keeps sorting cheap for segments of one byte
		Idle:         10 * time.Minute,        // beyond the timeouts of handshakes with a person in them
		Linger:       1500 * time.Millisecond, // what an injected reset does not stop arrives within a few round trips
	}
}

const (
	holdPackets    = 3                      // packets that the first data of a direction without SYN waits for earlier ones
	lostPackets    = 12                     // packets that may come between an acknowledgment and the bytes it is for, in a capture out of order
	lostTime       = 100 * time.Millisecond // the same, as time
	duplicateByID  = time.Second            // a packet seen twice has the same IP identification …
	duplicateNoID  = 2 * time.Millisecond   // … and without one, only a capture is this quick to repeat it
	maxLatest      = 4096                   // closed connections that are found at once: those of which packets still come
	maxSpare       = 4096                   // objects kept for the next connections
	farAway        = 1 << 24                // a sequence number this far from a SYN's is another connection's
	maxAckJump     = 1 << 30                // an acknowledgment this far beyond what was seen is damaged
	digestedUpTo   = 8 << 10                // offset up to which all of it is compared: most handshakes end before
	rememberedUpTo = 64 << 10               // offset up to which payload is compared with what was sent first: handshakes end before
)
