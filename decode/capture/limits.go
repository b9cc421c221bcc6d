package capture

// Bounds on what a capture can make a Reader hold, and why each is what it is.
const (
	firstSize = 32 << 10  // the first read: many captures are no larger
	readSize  = 256 << 10 // the later ones: system calls cost nothing any more, and the bytes are still in a core's own cache when they are looked at (1 MiB measured a fifth slower)

	maxPacket    = 256 << 10 // libpcap's and Wireshark's own limit: no writer in use goes over it, so more is garbage
	maxBusPacket = 8 << 20   // USB and D-Bus carry messages of megabytes; they are only passed over
	maxBlock     = 16 << 20  // pcapng: Wireshark's limit for a block; nothing near it is written by any tool

	maxInterfaces = 1 << 16  // over all sections; thousands of joined files stay well below
	maxLinks      = 64       // different link types that are listed: all that exist are some 200, a capture has one to three
	maxDrops      = 1 << 40  // lost packets of one interface: a link of 100 Gbit/s takes two hours for as many; more is garbage, and sums stay in range
	maxName       = 256      // bytes of an interface's name or description; Windows writes about 60
	maxSecrets    = 16 << 20 // key log text: about 60 000 TLS 1.3 connections
	maxComments   = 1 << 20  // bytes of section and interface comments kept
	maxWarnings   = 32       // distinct ones; a broken writer repeats itself

	maxWindow = 128 << 20 // zstd: what the command line tool accepts by default (--long=27); reserved by the decoder, but touched only as data comes
)
