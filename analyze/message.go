package analyze

import (
	"cmp"

	"tlswhy/decode"
	"tlswhy/decode/wire"
)

func messageRules() []*Rule {
	return []*Rule{&decodeError, &unexpectedMessage, &recordOverflow, &badRecordMAC, &badSignature, &messageTooLong, &internalError}
}

// alertRule makes the Check of a rule whose alert names the cause. The other
// side sent what was wrong.
func alertRule(id string, code wire.AlertDescription, stages ...Stage) func(*Case) *Finding {
	return func(c *Case) *Finding {
		got, ok := c.alertCode()
		if !ok || got != code || c.Outcome != Failed {
			return nil
		}
		if len(stages) > 0 && !has(stages, c.Stage) {
			return nil
		}
		return c.blameOther(id)
	}
}

func has[T comparable](list []T, x T) bool {
	for _, y := range list {
		if x == y {
			return true
		}
	}
	return false
}

// blameOther makes a finding about the message that the sender of the alert
// did not like.
func (c *Case) blameOther(id string) *Finding {
	f := &Finding{Confidence: Certain, Fault: ByClient, Evidence: []Evidence{c.ProveBreak(c.breakText())}}
	if c.Break.From == decode.Client {
		f.Fault = ByServer
	}
	last := c.lastMessage(c.Break.From.Other())
	f.Summary = T(id+"/summary", SideArg(c.Break.From), SideArg(c.Break.From.Other()))
	if last != nil {
		f.Evidence = append(f.Evidence, Proof(last, T("common/before-alert")))
	}
	return f
}

// lastMessage returns the last event of TLS that a side sent before the break.
func (c *Case) lastMessage(side decode.Side) *decode.Event {
	var last *decode.Event
	for i := range c.Events {
		if c.Break.Event >= 0 && i >= c.Break.Event {
			break
		}
		if e := &c.Events[i]; e.From == side && !transport(e.Message) {
			last = e
		}
	}
	return last
}

// malformed returns the first malformed message of a side.
func (c *Case) malformed(side decode.Side) *decode.Event {
	for i := range c.Events {
		if e := &c.Events[i]; e.From == side && e.Malformed != nil {
			return e
		}
	}
	return nil
}

var decodeError = Rule{
	ID: "decode-error", Family: "message", Title: "A message cannot be parsed", Fault: ByClient, Rank: 72,
	Causes: []string{"small-buffer-client", "handshake-message-too-long"},
	Explain: `One side could not read a message of the other: a length does not fit, a field is missing, bytes are left over. It answers with decode_error (50), some stacks with illegal_parameter or handshake_failure.

An alert decode_error after the other side's close is an echo of OpenSSL and not the cause.`,
	Fixes: []Fix{
		{Who: ByClient, Text: T("decode-error/fix-sender")},
		{Who: ByServer, Text: T("decode-error/fix-sender")},
	},
	Refs: []string{"RFC 8446, Section 6.2"},
	Logs: []string{"decode error", "length mismatch", "tlsv1 alert decode error", "error decoding message", "malformed_handshake_data", "InvalidMessage"},
	Texts: map[string]string{
		"summary":    "{0} cannot read a message of {1}",
		"malformed":  "{0} sent a malformed {1}: {2}: {3}",
		"message":    "malformed at field {0}",
		"fix-sender": "update or repair the TLS library that sent the message; look for a device that changes bytes on the way",
	},
	Check: checkDecode,
}

// checkDecode wants the alert, or a message that is malformed and an alert
// that can stand for that.
func checkDecode(c *Case) *Finding {
	code, ok := c.alertCode()
	if !ok || c.Outcome != Failed {
		return nil
	}
	sender := c.Break.From.Other()
	bad := c.malformed(sender)
	switch {
	case code == 50 && c.Progress.done < 0:
	case bad != nil && (code == 47 || code == 40 || code == 10 || code == 42):
	default:
		return nil
	}
	f := c.blameOther("decode-error")
	if bad != nil {
		f.Rank = 89
		f.Summary = T("decode-error/malformed", SideArg(sender), Word(bad.Malformed.Message), Word(bad.Malformed.Field), Word(bad.Malformed.Reason))
		f.Evidence = append(f.Evidence, Proof(bad, T("decode-error/message", Word(bad.Malformed.Field))))
	} else if code == 50 {
		f.Confidence = Likely
	}
	return f
}

var unexpectedMessage = Rule{
	ID: "unexpected-message", Family: "message", Title: "A message out of order", Fault: ByClient, Rank: 71,
	Causes:  []string{"unexpected-message", "dtls-role-conflict"},
	Explain: `One side got a message that has no place at this point of the handshake and stopped with unexpected_message (10). What it sent in answer to bytes that are no TLS at all is told by other findings.`,
	Fixes: []Fix{
		{Who: ByClient, Text: T("unexpected-message/fix-sender")},
		{Who: ByServer, Text: T("unexpected-message/fix-sender")},
	},
	Refs: []string{"RFC 8446, Section 6.2"},
	Logs: []string{"unexpected message", "unexpected_message", "tlsv1 alert unexpected message", "InappropriateHandshakeMessage"},
	Texts: map[string]string{
		"summary":    "{0} got a message from {1} that has no place at this point of the handshake",
		"fix-sender": "update or repair the TLS library that sent the message; look for a device that injects bytes",
	},
	Check: alertRule("unexpected-message", 10),
}

var recordOverflow = Rule{
	ID: "record-overflow", Family: "message", Title: "A record longer than allowed", Fault: ByClient, Rank: 83,
	Causes:  []string{"record-overflow"},
	Explain: `A record's length field is above the limit (2^14 bytes of content and a little for the protection). The receiver answers with record_overflow (22), some stacks with decode_error, unexpected_message or a close.`,
	Fixes: []Fix{
		{Who: ByClient, Text: T("record-overflow/fix-sender")},
		{Who: ByServer, Text: T("record-overflow/fix-sender")},
	},
	Refs:     []string{"RFC 8446, Section 5.1", "RFC 5246, Section 6.2.3"},
	Logs:     []string{"packet length too long", "record overflow", "oversized record received", "-0x7200"},
	Silences: []string{"decode-error", "unexpected-message", "tls-to-other-protocol", "plaintext-to-tls-port"},
	Texts: map[string]string{
		"summary":    "{0} refuses a record of {1} that is longer than allowed",
		"length":     "{0} sent a record with the length {1}; at most 16640 are allowed",
		"record":     "record header with the length {0}",
		"fix-sender": "update or repair the side that sent the record",
	},
	Check: func(c *Case) *Finding {
		long := c.longRecord()
		if c.Outcome != Failed {
			return nil
		}
		code, ok := c.alertCode()
		switch {
		case ok && code == 22 && long == nil:
			return c.blameOther("record-overflow")
		case long == nil:
			return nil
		}
		m := long.Message.(decode.BadRecord)
		f := &Finding{Confidence: Certain, Fault: ByClient, Summary: T("record-overflow/length", SideArg(long.From), Count(m.Bytes)),
			Evidence: []Evidence{Proof(long, T("record-overflow/record", Count(m.Bytes)))}}
		if long.From == decode.Server {
			f.Fault = ByServer
		}
		for i := range c.Events {
			if e := &c.Events[i]; e.From == long.From.Other() && i > c.Break.Event && !transport(e.Message) {
				f.Evidence = append(f.Evidence, Proof(e, T("common/answer")))
				break
			}
		}
		if c.Break.From == long.From.Other() {
			f.Evidence = append(f.Evidence, c.ProveBreak(c.breakText()))
		}
		return f
	},
}

// longRecord finds a record header that is right but for its length.
func (c *Case) longRecord() *decode.Event {
	for i := range c.Events {
		if m, ok := c.Events[i].Message.(decode.BadRecord); ok && m.ContentType >= 20 && m.ContentType <= 24 && m.Version>>8 == 3 && m.Bytes > 1<<14+256 {
			return &c.Events[i]
		}
	}
	return nil
}

var badRecordMAC = Rule{
	ID: "bad-record-mac", Family: "message", Title: "A record fails its integrity check", Fault: ByUnknown, Rank: 76,
	Causes:  []string{"finished-or-mac-failure", "dhe-leading-zero-random-failure"},
	Explain: `A protected record does not decrypt or its integrity check fails (bad_record_mac, 20). The two sides have different keys, or bytes were changed on the way. Usual reasons: a device that alters the stream, a wrong pre-shared key, a faulty implementation.`,
	Fixes: []Fix{
		{Who: ByNetwork, Text: T("bad-record-mac/fix-path")},
		{Who: ByServer, Text: T("bad-record-mac/fix-ends")},
		{Who: ByClient, Text: T("bad-record-mac/fix-ends")},
	},
	Refs: []string{"RFC 8446, Section 5.2", "RFC 5246, Section 6.2.3"},
	Logs: []string{"decryption failed or bad record mac", "bad record mac", "BAD_RECORD_MAC", "local error: tls: bad record MAC", "DecryptError"},
	Texts: map[string]string{
		"summary":  "{0} cannot decrypt a record of {1}: keys differ, or bytes were changed on the way",
		"fix-path": "capture at both ends and compare the bytes; take devices that inspect or change the stream out of the path",
		"fix-ends": "update both TLS libraries; check pre-shared keys",
		"decide":   "captures at both ends: whether the record arrives as it was sent",
	},
	Check: func(c *Case) *Finding {
		f := alertRule("bad-record-mac", 20)(c)
		if f != nil {
			f.Fault, f.Decide = ByUnknown, T("bad-record-mac/decide")
		}
		return f
	},
}

var badSignature = Rule{
	ID: "bad-signature", Family: "message", Title: "A handshake signature or Finished does not verify", Fault: ByServer, Rank: 77,
	Causes:  []string{"key-mismatch-bad-signature", "finished-or-mac-failure", "client-key-cannot-sign", "dtls-fingerprint-mismatch"},
	Explain: `One side says that a signature or a Finished of the other does not verify (decrypt_error, 51). The certificate does not belong to the private key, a token signs wrongly, or the handshake was changed on the way. rustls also uses this alert for certificates whose signature algorithm or key size it does not accept.`,
	Fixes: []Fix{
		{Who: ByServer, Text: T("bad-signature/fix-server"), Config: "openssl x509 -in cert.pem -noout -pubkey | openssl sha256\nopenssl pkey -in key.pem -pubout | openssl sha256"},
		{Who: ByClient, Text: T("bad-signature/fix-client")},
	},
	Refs: []string{"RFC 8446, Section 4.4.3", "RFC 5246, Section 7.4.3"},
	Logs: []string{"bad signature", "decrypt error", "invalid signature by the server certificate", "digest check failed", "DECRYPT_ERROR", "Invalid ECDH ServerKeyExchange signature", "BadSignature"},
	Texts: map[string]string{
		"summary":    "{0} cannot verify a signature or the Finished of {1}",
		"fix-server": "make sure that certificate and private key belong together on every server of the pool",
		"fix-client": "check the client's key or token; let it sign with another algorithm",
		"decide":     "comparing the public keys of certificate and private key",
	},
	Check: func(c *Case) *Finding {
		f := alertRule("bad-signature", 51)(c)
		if f != nil {
			f.Confidence, f.Decide = Likely, T("bad-signature/decide")
		}
		return f
	},
}

var messageTooLong = Rule{
	ID: "message-too-long", Family: "message", Title: "Certificate chain or CA list too large for the peer", Fault: ByServer, Rank: 73,
	Causes:  []string{"handshake-message-too-long", "small-buffer-client", "client-cert-ca-list-too-long"},
	Explain: `A handshake message is larger than the other side accepts: certificate chains with hundreds of names, long lists of accepted authorities. Limits: OpenSSL 100 kB, Java 32 kB, rustls 64 kB, embedded clients a few kilobytes.`,
	Fixes: []Fix{
		{Who: ByServer, Text: T("message-too-long/fix-server")},
		{Who: ByClient, Text: T("message-too-long/fix-client"), Config: "Java: -Djdk.tls.maxHandshakeMessageSize=65536"},
	},
	Refs: []string{"RFC 8446, Section 4"},
	Logs: []string{"excessive message size", "handshake data size is too large", "exceeds the maximum allowed size", "HandshakePayloadTooLarge"},
	Texts: map[string]string{
		"summary":    "{0} refuses a message of {1} with {2}: it is larger than that stack accepts",
		"message":    "message of {0}",
		"fix-server": "send fewer certificates and names, and a shorter list of authorities",
		"fix-client": "raise the limit of the client",
		"decide":     "the log of the side that refuses names the limit",
	},
	Check: func(c *Case) *Finding {
		if c.Outcome != Failed || c.Break.From == decode.Network {
			return nil
		}
		big := c.largest(c.Break.From.Other())
		if big == nil || big.Length < 30<<10 {
			return nil
		}
		code, ok := c.alertCode()
		if ok && code != 47 && code != 50 && code != 10 && code != 22 && code != 40 && code != 80 {
			return nil
		}
		f := &Finding{Confidence: Likely, Decide: T("message-too-long/decide"),
			Summary:  T("message-too-long/summary", SideArg(c.Break.From), SideArg(big.From), Bytes(big.Length)),
			Evidence: []Evidence{c.ProveBreak(c.breakText()), Proof(big, T("message-too-long/message", Bytes(big.Length)))}}
		f.Fault = ByServer
		if big.From == decode.Client {
			f.Fault = ByClient
		}
		return f
	},
}

// largest returns the largest handshake message of a side.
func (c *Case) largest(side decode.Side) *decode.Event {
	var big *decode.Event
	for i := range c.Events {
		e := &c.Events[i]
		switch e.Message.(type) {
		case decode.Certificate, decode.CertificateRequest, decode.ClientHello:
			if e.From == side && (big == nil || cmp.Compare(e.Length, big.Length) > 0) {
				big = e
			}
		}
	}
	return big
}

var internalError = Rule{
	ID: "internal-error", Family: "message", Title: "Peer reports an internal error", Fault: ByServer, Rank: 35,
	Causes:  []string{"sni-unknown-internal-error-80", "seclevel-internal-error", "seclevel-client-internal-error", "server-key-operation-failed", "certificate-compression-failure"},
	Explain: `One side ended the handshake with internal_error (80). Go servers do so when their certificate callback has nothing for the name, OpenSSL 3 when its security level forbids what an old client needs, and any stack when its private key cannot be used.`,
	Fixes: []Fix{
		{Who: ByServer, Text: T("internal-error/fix-log")},
		{Who: ByClient, Text: T("internal-error/fix-log")},
	},
	Refs: []string{"RFC 8446, Section 6.2"},
	Logs: []string{"tlsv1 alert internal error", "internal error", "SSL_ERROR_INTERNAL_ERROR_ALERT", "failed to sign handshake"},
	Texts: map[string]string{
		"summary": "{0} reports an internal error at the step {1}",
		"fix-log": "look at the log of the side that sent the alert",
		"c-name":  "the server's certificate callback has nothing for the name",
		"c-key":   "the private key (HSM, TPM, signing service) cannot be used",
		"c-level": "a security level forbids what the other side's version needs",
		"decide":  "the log of the sender of the alert",
	},
	Check: func(c *Case) *Finding {
		code, ok := c.alertCode()
		if !ok || code != 80 || c.Outcome != Failed {
			return nil
		}
		f := &Finding{Confidence: Certain, Summary: T("internal-error/summary", SideArg(c.Break.From), Word(string(c.Stage))),
			Evidence: []Evidence{c.ProveBreak(c.breakText())}, Decide: T("internal-error/decide"), Fault: ByServer}
		if c.Break.From == decode.Client {
			f.Fault = ByClient
		}
		if c.Progress.serverHello < 0 {
			f.Causes = []Cause{{ID: "sni-unknown-internal-error-80", Text: T("internal-error/c-name")}, {ID: "seclevel-internal-error", Text: T("internal-error/c-level")}}
		} else {
			f.Causes = []Cause{{ID: "server-key-operation-failed", Text: T("internal-error/c-key")}}
		}
		return f
	},
}
