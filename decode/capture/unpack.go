package capture

import (
	"bytes"
	"encoding/binary"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// unpack puts a decompressor before the input when its first bytes ask for it.
func (r *Reader) unpack() error {
	if !r.need(4) {
		return nil // open says what is wrong
	}
	magic := binary.LittleEndian.Uint32(r.buf)
	var err error
	whole := io.MultiReader(bytes.NewReader(bytes.Clone(r.buf[:r.end])), r.src)
	switch {
	case magic&0xffffff == 0x088b1f:
		r.packing = "gzip"
		r.src, err = gzip.NewReader(whole)
	case magic == 0xfd2fb528, magic&^0xf == 0x184d2a50:
		r.packing = "zstd"
		r.src, err = zstd.NewReader(whole, zstd.WithDecoderConcurrency(1),
			zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
	default:
		return nil
	}
	r.end = 0
	r.srcErr = err
	if err != nil {
		return r.ended("file header", 4)
	}
	return nil
}
