package quic

import (
	"encoding/hex"
	"fmt"
)

// Version is the version field of a long header.
type Version uint32

// Versions with a name of their own. Drafts are 0xff0000NN.
const (
	VersionNegotiationVersion Version = 0
	Version1                  Version = 1          // RFC 9000
	Version2                  Version = 0x6b3343cf // RFC 9369
	draftBase                 Version = 0xff000000
	mvfstDraft22              Version = 0xfaceb001
	mvfstDraft27              Version = 0xfaceb002
	googleT050                Version = 0x54303530
	googleT051                Version = 0x54303531
	googleQ043                Version = 0x51303433
	googleQ044                Version = 0x51303434
	googleQ046                Version = 0x51303436
	googleQ050                Version = 0x51303530
)

// Name is how people write the version: "v1", "v2", "draft-29", "mvfst-27",
// "Google Q050", "reserved (0x1a2a3a4a)".
func (v Version) Name() string {
	switch {
	case v == VersionNegotiationVersion:
		return "version negotiation"
	case v == Version1:
		return "v1"
	case v == Version2:
		return "v2"
	case v.draft() != 0 && v&0xffffff00 == draftBase:
		return fmt.Sprintf("draft-%d", v.draft())
	case v == mvfstDraft22:
		return "mvfst-22"
	case v == mvfstDraft27:
		return "mvfst-27"
	case v.mvfst():
		return fmt.Sprintf("mvfst (0x%08x)", uint32(v))
	case v.google():
		return fmt.Sprintf("Google %c%c%c%c", byte(v>>24), byte(v>>16), byte(v>>8), byte(v))
	case v.Reserved():
		return fmt.Sprintf("reserved (0x%08x)", uint32(v))
	}
	return fmt.Sprintf("unknown (0x%08x)", uint32(v))
}

// Reserved reports a version that is offered only to force negotiation
// (RFC 9000, Section 15).
func (v Version) Reserved() bool { return v&0x0f0f0f0f == 0x0a0a0a0a }

// Known reports whether the version is one that is, or was, spoken in the
// field, whether or not its packets can be decoded.
func (v Version) Known() bool {
	return v == Version1 || v == Version2 || v.draft() != 0 || v.mvfst() || v.google()
}

// GoogleQUIC reports a version of Google's own protocol whose handshake is
// not TLS. Its packets are named and not decoded.
func (v Version) GoogleQUIC() bool { return v.google() && v>>24 == 'Q' }

func (v Version) mvfst() bool { return v&0xffffff00 == 0xfaceb000 }

// google reports Qnnn and Tnnn in ASCII.
func (v Version) google() bool {
	if v>>24 != 'Q' && v>>24 != 'T' {
		return false
	}
	for shift := 0; shift <= 16; shift += 8 {
		if d := byte(v >> shift); d < '0' || d > '9' {
			return false
		}
	}
	return true
}

// draft is the number of the IETF draft whose wire image the version has, 0
// for a version that is no draft.
func (v Version) draft() int {
	switch {
	case v >= draftBase+22 && v <= draftBase+34:
		return int(v - draftBase)
	case v == mvfstDraft22:
		return 22
	case v.mvfst():
		return 27
	}
	return 0
}

// googleFrames reports the versions with TLS whose frames are still Google's.
func (v Version) googleFrames() bool { return v == googleT050 || v == googleT051 }

// salt is an initial_salt.
type salt struct {
	bytes [20]byte
	v2    bool // keys are derived with the labels of RFC 9369
}

func mustSalt(s string, v2 bool) salt {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != 20 {
		panic("quic: salt " + s)
	}
	return salt{[20]byte(b), v2}
}

// salts gives the initial salts (RFC 9001, Section 5.2; RFC 9369, Section
// 3.3.1; the drafts; Chromium) that packets of v can have been protected
// with: one for a known version, every one of them for any other.
func (v Version) salts() []salt {
	v1 := mustSalt("38762cf7f55934b34d179ae6a4c80cadccbb7f0a", false)
	v2 := mustSalt("0dede3def700a6db819381be6e269dcbf9bd2ed9", true)
	draft29 := mustSalt("afbfec289993d24c9e9786f19c6111e04390a899", false)
	draft23 := mustSalt("c3eef712c72ebb5a11a7d2432bb46365bef9f502", false)
	draft22 := mustSalt("7fbcdb0e7c66bbe9193a96cd21519ebd7a02644a", false)
	t050 := mustSalt("7ff579e5acd072915580304c43a2367c60488310", false)
	t051 := mustSalt("7a4edef4e7ccee5fa4506c19124fc8ccda6e033d", false)
	switch d := v.draft(); {
	case v == Version1 || d >= 33:
		return []salt{v1}
	case v == Version2:
		return []salt{v2}
	case v == googleT050:
		return []salt{t050}
	case v == googleT051:
		return []salt{t051}
	case v.mvfst() && v != mvfstDraft22 && v != mvfstDraft27:
		return []salt{draft23, draft29, v1}
	case d >= 29:
		return []salt{draft29}
	case d >= 23:
		return []salt{draft23}
	case d == 22:
		return []salt{draft22}
	case v.GoogleQUIC():
		return nil
	}
	return []salt{v1, v2, draft29, draft23}
}
