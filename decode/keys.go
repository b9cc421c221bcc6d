package decode

// sessionKeys opens the protected records of one handshake.
type sessionKeys struct{}

// findKeys looks for the secrets of a handshake once its ServerHello is read.
func (f *flow) findKeys() {}

// wantsBody says whether the current record's body is collected whole.
func (f *flow) wantsBody(h *half) bool { return false }

// protected takes a whole record that was collected.
func (f *flow) protected(h *half, r *rec) {}

// decryptedFinished moves on after a Finished that was read.
func (f *flow) decryptedFinished(dir uint8) {}
