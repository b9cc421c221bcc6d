package capture

import (
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
)

// Error says where and why a capture could not be read further. Every packet
// before that place was handed on.
type Error struct {
	File   string // as given to NewReader
	Offset int64  // where the unreadable record begins, in the (decompressed) input
	Frame  int    // number of the last frame that was whole; 0 when there was none
	Reason string // lower case, without place
	Cut    bool   // the input ends inside the record, as a copy of a file still being written does
	Err    error  // what reading the input returned, if that is the reason
}

// Error names the file, the byte and the frame.
func (e *Error) Error() string {
	after := "before the first frame"
	if e.Frame > 0 {
		after = fmt.Sprintf("after frame %d", e.Frame)
	}
	return fmt.Sprintf("%s: at byte %d, %s: %s", e.File, e.Offset, after, e.Reason)
}

// Unwrap returns the error of the input below, nil for a malformed capture.
func (e *Error) Unwrap() error { return e.Err }

// fail stops the Reader at the record that begins at r.at.
func (r *Reader) fail(format string, args ...any) error {
	r.err = &Error{File: r.name, Offset: r.base + int64(r.at), Frame: r.frame, Reason: fmt.Sprintf(format, args...)}
	return r.err
}

// ended is called when the input ends with fewer than need bytes of what
// stands at r.at: a clean end if there are none at all.
func (r *Reader) ended(what string, need int) error {
	have := r.end - r.at
	switch {
	case r.srcErr == gzip.ErrHeader && have == 0 && r.frame > 0:
		r.warn("bytes after the end of the gzip data were left out, as gzip does")
		r.err = io.EOF
	case r.srcErr == io.EOF && have == 0 && what != "file header":
		r.err = io.EOF
	case r.srcErr == io.EOF:
		r.err = r.fail("cut short: the %s has %d bytes, only %d of them are there", what, need, have)
		r.err.(*Error).Cut = true
	case errors.Is(r.srcErr, io.ErrUnexpectedEOF):
		r.err = r.fail("the %s data ends early", r.packing)
		r.err.(*Error).Cut = true
	default:
		r.err = r.fail("%s", r.readTrouble())
		r.err.(*Error).Err = r.srcErr
	}
	return r.err
}

func (r *Reader) readTrouble() string {
	if r.packing != "" {
		return fmt.Sprintf("cannot decompress (%s): %v", r.packing, r.srcErr)
	}
	return fmt.Sprintf("cannot read: %v", r.srcErr)
}
