package wire

// EncryptedExtensions is RFC 8446, Section 4.3.1.
type EncryptedExtensions struct {
	Extensions      []Extension
	ALPN            string
	HasALPN         bool
	EarlyData       bool
	Groups          []Group
	ServerNameAck   bool
	RecordSizeLimit int
}

// ParseEncryptedExtensions reads the body of EncryptedExtensions (RFC 8446,
// Section 4.3.1).
func ParseEncryptedExtensions(body []byte) (EncryptedExtensions, *Malformed) {
	t := trouble{message: "EncryptedExtensions"}
	r := newReader(&t, body)
	var e EncryptedExtensions
	e.Extensions = r.extensions(e.extension)
	r.end("end")
	return e, t.first
}

func (e *EncryptedExtensions) extension(typ ExtensionType, r *reader) {
	switch typ {
	case ExtServerName: // RFC 6066, Section 3
		e.ServerNameAck = true
		return
	case ExtSupportedGroups: // RFC 8446, Section 4.2.7
		e.Groups = list16[Group](r, "supported_groups", 2)
	case ExtALPN: // RFC 7301, Section 3.1
		e.HasALPN = true
		if names := readALPN(r); len(names) > 0 {
			e.ALPN = names[0]
		}
	case ExtEarlyData: // RFC 8446, Section 4.2.10
		e.EarlyData = true
	case ExtRecordSizeLimit: // RFC 8449, Section 4
		e.RecordSizeLimit = int(r.uint16("record_size_limit"))
	default:
		return
	}
	r.end(typ.field())
}
