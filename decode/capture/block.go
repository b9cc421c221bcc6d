package capture

// Block is one block of a pcapng capture, or one record of a classic pcap, as
// it stands in the input.
type Block struct {
	Type      BlockType // 0 for a record of a classic pcap
	Raw       []byte    // all of it, with header and trailer; valid until the next call
	BigEndian bool      // byte order of its section
	Number    int       // frame number when Wireshark counts the block as a frame, else 0
	IsPacket  bool      // Packet is set
	Packet    Packet
}

// NextBlock is Next for those who want every block, not only packets: a second
// pass that writes the capture again. It returns the same errors.
func (r *Reader) NextBlock(b *Block) error {
	if r.err != nil {
		return r.err
	}
	*b = Block{}
	before, size := r.frame, 0
	var err error
	if r.section == nil {
		err = r.nextRecord(&b.Packet)
		b.IsPacket, size = true, r.pcap.header+len(b.Packet.Data)
	} else {
		size, b.IsPacket, err = r.nextBlock(&b.Packet)
	}
	if err != nil {
		*b = Block{}
		return err
	}
	b.Raw = r.buf[r.at-size : r.at : r.at]
	if r.section != nil {
		b.BigEndian = bool(r.section.big)
		b.Type = BlockType(r.section.big.u32(b.Raw))
	}
	if r.frame > before {
		b.Number = r.frame
	}
	return nil
}

// AppendAnnotated appends the packet block to dst with more comments after its
// own, in the byte order of its section. A simple packet block, which has no
// room for comments, becomes an enhanced one of 1970; a block that is no
// packet of pcapng is appended as it stands.
func (b *Block) AppendAnnotated(dst []byte, comments ...string) []byte {
	if !b.IsPacket || b.Type == 0 || len(comments) == 0 {
		return append(dst, b.Raw...)
	}
	big, start := order(b.BigEndian), len(dst)
	if b.Type == BlockSimple {
		dst = b.enhance(dst)
	} else {
		dst = append(dst, b.Raw[:28+min(pad4(len(b.Packet.Data)), len(b.Raw)-32)]...)
	}
	for rest := b.Packet.options; len(rest) > 0; {
		var code int
		var value []byte
		code, value, rest = option(rest, big)
		if code > optEnd {
			dst = appendOption(dst, big, uint16(code), string(value))
		}
	}
	for _, c := range comments {
		dst = appendOption(dst, big, optComment, c)
	}
	dst = big.append32(dst, optEnd)
	size := uint32(len(dst) - start + 4)
	copy(dst[start+4:], big.append32(nil, size))
	return big.append32(dst, size)
}

// enhance appends the block as an enhanced packet block, as far as its data.
func (b *Block) enhance(dst []byte) []byte {
	big, data := order(b.BigEndian), b.Packet.Data
	for _, v := range []uint32{uint32(BlockEnhanced), 0, 0, 0, 0, uint32(len(data)), big.u32(b.Raw[8:])} {
		dst = big.append32(dst, v)
	}
	dst = append(dst, data...)
	return append(dst, make([]byte, pad4(len(data))-len(data))...)
}

// AppendSection appends the section header block to dst with more comments
// after its own. Its section's length is no longer said, as blocks of it may be
// changed or left out.
func (b *Block) AppendSection(dst []byte, comments ...string) []byte {
	big, start := order(b.BigEndian), len(dst)
	dst = append(dst, b.Raw[:16]...)
	dst = big.append32(big.append32(dst, 0xffffffff), 0xffffffff)
	for rest := b.Raw[24 : len(b.Raw)-4]; len(rest) > 0; {
		var code int
		var value []byte
		code, value, rest = option(rest, big)
		if code > optEnd {
			dst = appendOption(dst, big, uint16(code), string(value))
		}
	}
	for _, c := range comments {
		dst = appendOption(dst, big, optComment, c)
	}
	dst = big.append32(dst, optEnd)
	size := uint32(len(dst) - start + 4)
	copy(dst[start+4:], big.append32(nil, size))
	return big.append32(dst, size)
}
