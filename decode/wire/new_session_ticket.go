package wire

// NewSessionTicket is RFC 8446, Section 4.6.1 and RFC 5077, Section 3.3.
type NewSessionTicket struct {
	Lifetime  uint32 // seconds
	Length    int    // of the ticket
	EarlyData uint32 // max_early_data_size (TLS 1.3); 0 without
}

// ParseNewSessionTicket reads the body of a NewSessionTicket. v is the version
// that was agreed, 0 when it is not known: then the form tells.
func ParseNewSessionTicket(body []byte, v Version) (NewSessionTicket, *Malformed) {
	t := trouble{message: "NewSessionTicket"}
	r := newReader(&t, body)
	var n NewSessionTicket
	n.Lifetime = r.uint32("ticket_lifetime")
	if v.Is13() || v == 0 && !r.fills16(0) {
		r.uint32("ticket_age_add")
		r.opaque("ticket_nonce", 1)
		n.Length = len(r.opaque("ticket", 2))
		r.extensions(n.extension)
	} else {
		n.Length = len(r.opaque("ticket", 2))
	}
	r.end("end")
	return n, t.first
}

// extension is RFC 8446, Section 4.2.10.
func (n *NewSessionTicket) extension(typ ExtensionType, r *reader) {
	if typ == ExtEarlyData {
		n.EarlyData = r.uint32("max_early_data_size")
	}
}
