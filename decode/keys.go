package decode

import (
	"encoding/binary"

	"tlswhy/decode/secret"
	"tlswhy/decode/stream"
	"tlswhy/decode/wire"
)

// maxRecord is the longest record that is collected to be decrypted (RFC
// 5246, Section 6.2.3).
const maxRecord = 1<<14 + 2048

// sessionKeys opens the protected records of one handshake.
type sessionKeys struct {
	session *secret.Session
	record  [2][]byte // the record being collected, by direction
	message [2][]byte // the handshake message being collected
	frame   [2]int32  // where that message began
}

// AddSecrets adds lines of an NSS key log, as in a file or in a decryption
// secrets block. Only handshakes whose ServerHello comes later are decrypted.
func (d *Decoder) AddSecrets(b []byte) {
	if len(b) == 0 {
		return
	}
	if d.keys == nil {
		d.keys = &secret.Log{}
	}
	d.keys.Add(b)
}

// findKeys looks for the secrets of a handshake once its ServerHello is read.
func (f *flow) findKeys() {
	if f.d.keys == nil || f.keys != nil || !f.hello {
		return
	}
	p := secret.Params{Version: wire.Version(f.version), Suite: f.suite}
	for i := range f.recs {
		r := &f.recs[i]
		if b := f.log.bytes(r); r.kind == recMessage && len(b) >= 34 {
			switch r.ctype {
			case 1:
				p.ClientRandom = b[2:34:34]
			case 2:
				p.ServerRandom, p.EncryptThenMAC = b[2:34:34], hasExtension(b, 22)
			}
		}
	}
	secrets, ok := f.d.keys.Lookup(p.ClientRandom)
	if !ok {
		return
	}
	if s, err := secret.NewSession(p, secrets); err == nil {
		f.keys = &sessionKeys{session: s}
	}
}

// hasExtension says whether a ServerHello body has an extension.
func hasExtension(b []byte, kind uint16) bool {
	if len(b) < 38 || len(b) < 38+int(b[34]) {
		return false
	}
	ext, _, _ := cut16(b[38+int(b[34]):])
	for len(ext) >= 4 {
		if binary.BigEndian.Uint16(ext) == kind {
			return true
		}
		_, next, ok := cut16(ext[2:])
		if ext = next; !ok {
			return false
		}
	}
	return false
}

// wantsBody says whether the current record's body is collected whole.
func (f *flow) wantsBody(h *half) bool {
	if f.keys == nil || h.rlen > maxRecord || h.app > maxFollow {
		return false
	}
	if f.tls13 {
		return h.rtype == 23
	}
	return h.protect && h.rtype >= 21 && h.rtype <= 23
}

// collect keeps a part of a record that is to be decrypted.
func (f *flow) collect(dir stream.Dir, b []byte) {
	f.keys.record[dir] = append(f.keys.record[dir], b...)
}

// protected takes a whole record that was collected.
func (f *flow) protected(h *half, r *rec) {
	k := f.keys
	body := k.record[r.dir]
	k.record[r.dir] = body[:0]
	side := secret.Server
	if int8(r.dir) == f.client {
		side = secret.Client
	}
	o, err := k.session.Open(side, h.hdr[:], body)
	if err != nil || len(body) != int(r.n) {
		f.unread(h, r)
		return
	}
	r.flags |= flagDecrypted
	switch o.Type {
	case 22:
		f.decrypted(r, o.Plaintext)
	case 21:
		f.decryptedAlert(r, o.Plaintext)
	case 23:
		r.kind = recAppData
		r.n = int32(len(o.Plaintext))
		r.a, r.b = f.log.keep(o.Plaintext[:min(len(o.Plaintext), maxPrefix)])
		h.app += int64(len(o.Plaintext))
		h.after = h.after || h.fin && f.other(h).fin
		f.addProtected(h, *r)
	}
	f.settle()
}

// unread falls back to what order and size of a record tell.
func (f *flow) unread(h *half, r *rec) {
	if r.ctype == 21 {
		r.kind = recEncrypted
		f.add(*r)
		return
	}
	f.encrypted(h, *r)
}

// decrypted cuts handshake messages out of decrypted records.
func (f *flow) decrypted(r *rec, b []byte) {
	k := f.keys
	m := append(k.message[r.dir], b...)
	if len(k.message[r.dir]) == 0 {
		k.frame[r.dir] = r.frame
	}
	for {
		n, ok := messageLength(m)
		if !ok || n > len(m) {
			break
		}
		f.message(r.dir, m[:n], rec{flags: flagDecrypted, frame: k.frame[r.dir], last: r.last, time: r.time, off: r.off, records: 1})
		m = m[n:]
		k.frame[r.dir] = r.frame
	}
	if len(m) > maxMessage {
		m = nil
	}
	k.message[r.dir] = append([]byte(nil), m...)
}

func (f *flow) decryptedAlert(r *rec, b []byte) {
	r.kind, r.head = recAlert, f.here(r.dir)
	if len(b) < 2 {
		return
	}
	r.a, r.b = f.log.keep(b[:2])
	if b[1] != 0 && b[1] != 90 && b[1] != 100 { // RFC 8446, Section 6: the level does not matter
		f.fatal = true
	}
	f.add(*r)
}
