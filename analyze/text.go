package analyze

import (
	"net/netip"
	"time"

	"tlswhy/decode"
	"tlswhy/decode/wire"
)

// Text is a sentence that has not been written yet: the key of a template and
// the values for its places {0}, {1} … . Language, redaction and escaping are
// applied when a report is rendered. The zero Text is empty.
//
// A key is "ID/part" (template in the rule's Texts) or "common/part".
type Text struct {
	Key  string
	Args []Arg
}

// T makes a Text.
func T(key string, args ...Arg) Text { return Text{Key: key, Args: args} }

// IsZero reports whether there is nothing to say.
func (t Text) IsZero() bool { return t.Key == "" }

// ArgKind says what an Arg is, so that it can be redacted and escaped.
type ArgKind uint8

const (
	ArgWord     ArgKind = iota // protocol word of our own (never from a packet): "TLS 1.2"
	ArgCount                   // number; {0|packet|packets} chooses a word by it
	ArgBytes                   // size in bytes
	ArgDuration                // time.Duration
	ArgTime                    // time.Time
	ArgFrame                   // frame number
	ArgSide                    // client, server, network
	ArgAddr                    // IP address
	ArgAddrPort                // address and port
	ArgName                    // host name from a packet
	ArgIdentity                // certificate subject or issuer
	ArgSerial                  // certificate serial
	ArgDigest                  // hex digest
	ArgRaw                     // bytes from a packet
	ArgCode                    // code point with its name: Word is the name, Num the value
	ArgList                    // several, joined with commas
	ArgText                    // another Text
	ArgAlert                   // alert: like ArgCode, written with its number, as people look them up by it
)

// Arg is one typed value of a Text.
type Arg struct {
	Kind ArgKind
	Word string
	Num  int64
	Time time.Time
	Addr netip.AddrPort
	List []Arg
	Text *Text
}

// Constructors, one for each kind.
func Word(s string) Arg               { return Arg{Kind: ArgWord, Word: s} }
func Count[N int | int64](n N) Arg    { return Arg{Kind: ArgCount, Num: int64(n)} }
func Bytes[N int | int64](n N) Arg    { return Arg{Kind: ArgBytes, Num: int64(n)} }
func Duration(d time.Duration) Arg    { return Arg{Kind: ArgDuration, Num: int64(d)} }
func Time(t time.Time) Arg            { return Arg{Kind: ArgTime, Time: t} }
func Frame(n int) Arg                 { return Arg{Kind: ArgFrame, Num: int64(n)} }
func SideArg(s decode.Side) Arg       { return Arg{Kind: ArgSide, Num: int64(s)} }
func Addr(a netip.Addr) Arg           { return Arg{Kind: ArgAddr, Addr: netip.AddrPortFrom(a, 0)} }
func AddrPort(a netip.AddrPort) Arg   { return Arg{Kind: ArgAddrPort, Addr: a} }
func Name(s string) Arg               { return Arg{Kind: ArgName, Word: s} }
func Identity(s string) Arg           { return Arg{Kind: ArgIdentity, Word: s} }
func Serial(s string) Arg             { return Arg{Kind: ArgSerial, Word: s} }
func Digest(s string) Arg             { return Arg{Kind: ArgDigest, Word: s} }
func Raw(b []byte) Arg                { return Arg{Kind: ArgRaw, Word: string(b)} }
func List(a ...Arg) Arg               { return Arg{Kind: ArgList, List: a} }
func Nested(t Text) Arg               { return Arg{Kind: ArgText, Text: &t} }
func Code(name string, num int64) Arg { return Arg{Kind: ArgCode, Word: name, Num: num} }

// Names makes a list of host names.
func Names(names []string) Arg {
	l := make([]Arg, len(names))
	for i, n := range names {
		l[i] = Name(n)
	}
	return List(l...)
}

type named interface {
	wire.Version | wire.CipherSuite | wire.Group | wire.SignatureScheme | wire.ExtensionType | wire.AlertDescription
}

// CodeOf makes an Arg of a code point, Codes of several.
func CodeOf[C interface {
	named
	Name() string
}](c C) Arg {
	a := Code(c.Name(), int64(c))
	if _, ok := any(c).(wire.AlertDescription); ok {
		a.Kind = ArgAlert
	}
	return a
}

func Codes[C interface {
	named
	Name() string
}](cs []C) Arg {
	l := make([]Arg, len(cs))
	for i, c := range cs {
		l[i] = CodeOf(c)
	}
	return List(l...)
}
