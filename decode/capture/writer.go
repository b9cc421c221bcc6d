package capture

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"unicode/utf8"
)

// flushSize is how much a Writer gathers before it writes. Only whole blocks
// are written, so that a file is readable whenever its writer is killed.
const flushSize = 64 << 10

// Writer writes pcapng in little-endian byte order, with time stamps in
// nanoseconds. Blocks go out by the dozen; Flush writes those that wait. The
// first error of the writer below stays and is returned by every later call.
type Writer struct {
	w          io.Writer
	buf        []byte // whole blocks
	start      int    // of the block that is being built
	interfaces int    // of the section
	section    bool
	err        error
}

// Section is what a section header says. Empty fields are left out.
type Section struct {
	Hardware, OS, Application string
	Comments                  []string
}

// NewWriter returns a Writer on w. The first block must be a Section.
func NewWriter(w io.Writer) *Writer { return &Writer{w: w} }

// WriteSection begins a section, which has no interfaces yet.
func (w *Writer) WriteSection(s Section) error {
	w.begin(BlockSection)
	w.u32(byteOrderMagic)
	w.u16(1)
	w.u16(0)
	w.u32(math.MaxUint32) // section length: not known
	w.u32(math.MaxUint32)
	w.options(s.Comments, textOption{2, s.Hardware}, textOption{3, s.OS}, textOption{4, s.Application})
	w.section, w.interfaces = true, 0
	return w.end()
}

// AddInterface describes the section's next interface and returns its number.
func (w *Writer) AddInterface(i Interface, comments ...string) (int, error) {
	if !w.section {
		return 0, fmt.Errorf("pcapng: an interface before the first section")
	}
	w.begin(BlockInterface)
	w.u16(uint16(i.LinkType))
	w.u16(0)
	w.u32(uint32(i.SnapLen))
	w.options(comments, textOption{optIfName, i.Name}, textOption{optIfDescription, i.Description},
		textOption{optIfTsResol, "\x09"})
	w.interfaces++
	return w.interfaces - 1, w.end()
}

// WritePacket writes p.Data with p.Time and p.Length as a packet of the
// section's interface of that number. Other fields of p are not looked at.
func (w *Writer) WritePacket(number int, p *Packet, comments ...string) error {
	if number < 0 || number >= w.interfaces {
		return fmt.Errorf("pcapng: a packet of interface %d, but the section has described only %d", number, w.interfaces)
	}
	w.begin(BlockEnhanced)
	w.u32(uint32(number))
	w.u32(uint32(uint64(p.Time) >> 32))
	w.u32(uint32(p.Time))
	w.u32(uint32(len(p.Data)))
	w.u32(uint32(max(p.Length, len(p.Data))))
	w.bytes(p.Data)
	w.options(comments)
	return w.end()
}

// WriteSecrets writes a TLS key log (NSS format) as a decryption secrets
// block. It must come before the packets that need it.
func (w *Writer) WriteSecrets(keyLog []byte) error {
	if !w.section {
		return fmt.Errorf("pcapng: secrets before the first section")
	}
	w.begin(BlockSecrets)
	w.u32(secretsTLS)
	w.u32(uint32(len(keyLog)))
	w.bytes(keyLog)
	return w.end()
}

// WriteStatistics writes the totals of the section's interface of that number
// at a time in nanoseconds since 1970.
func (w *Writer) WriteStatistics(number int, time int64, received, dropped uint64) error {
	if number < 0 || number >= w.interfaces {
		return fmt.Errorf("pcapng: statistics of interface %d, but the section has described only %d", number, w.interfaces)
	}
	w.begin(BlockStatistics)
	w.u32(uint32(number))
	w.u32(uint32(uint64(time) >> 32))
	w.u32(uint32(time))
	w.options(nil, textOption{4, counter(received)}, textOption{optISBIfDrop, counter(dropped)})
	return w.end()
}

func counter(n uint64) string { return string(binary.LittleEndian.AppendUint64(nil, n)) }

// WriteBlock writes a block of another pcapng capture as it stands there (see
// Reader.NextBlock). Within a section it must not be mixed with calls that
// build blocks: byte order and interface numbers are the other capture's.
func (w *Writer) WriteBlock(raw []byte) error {
	w.buf = append(w.buf, raw...)
	w.section, w.interfaces = true, 0
	return w.written()
}

// Flush writes the blocks that wait.
func (w *Writer) Flush() error {
	if w.err == nil && len(w.buf) > 0 {
		_, w.err = w.w.Write(w.buf)
	}
	w.buf = w.buf[:0]
	return w.err
}

func (w *Writer) written() error {
	if len(w.buf) >= flushSize {
		return w.Flush()
	}
	return w.err
}

func (w *Writer) begin(t BlockType) {
	w.start = len(w.buf)
	w.u32(uint32(t))
	w.u32(0)
}

func (w *Writer) end() error {
	size := uint32(len(w.buf) - w.start + 4)
	binary.LittleEndian.PutUint32(w.buf[w.start+4:], size)
	w.u32(size)
	return w.written()
}

func (w *Writer) u16(v uint16) { w.buf = binary.LittleEndian.AppendUint16(w.buf, v) }
func (w *Writer) u32(v uint32) { w.buf = binary.LittleEndian.AppendUint32(w.buf, v) }

func (w *Writer) bytes(b []byte) {
	w.buf = append(w.buf, b...)
	w.buf = append(w.buf, make([]byte, pad4(len(b))-len(b))...)
}

// textOption is an option that is left out when it is empty.
type textOption struct {
	code uint16
	text string
}

func (w *Writer) options(comments []string, texts ...textOption) {
	before := len(w.buf)
	for _, t := range texts {
		if t.text != "" {
			w.buf = appendOption(w.buf, false, t.code, t.text)
		}
	}
	for _, c := range comments {
		w.buf = appendOption(w.buf, false, optComment, c)
	}
	if len(w.buf) > before {
		w.u32(optEnd)
	}
}

// appendOption cuts a text that no option can hold between two characters.
func appendOption(b []byte, big order, code uint16, text string) []byte {
	if n := math.MaxUint16; len(text) > n {
		for n > math.MaxUint16-utf8.UTFMax && !utf8.RuneStart(text[n]) {
			n--
		}
		text = text[:n]
	}
	b = big.append16(b, code)
	b = big.append16(b, uint16(len(text)))
	b = append(b, text...)
	return append(b, make([]byte, pad4(len(text))-len(text))...)
}

func (big order) append16(b []byte, v uint16) []byte {
	if big {
		return binary.BigEndian.AppendUint16(b, v)
	}
	return binary.LittleEndian.AppendUint16(b, v)
}

func (big order) append32(b []byte, v uint32) []byte {
	if big {
		return binary.BigEndian.AppendUint32(b, v)
	}
	return binary.LittleEndian.AppendUint32(b, v)
}
