package capture

import "github.com/google/gopacket"

// GopacketSource makes a gopacket source a Source.
type GopacketSource struct {
	src        gopacket.ZeroCopyPacketDataSource
	link       LinkType
	frame      int
	numbers    map[int]int // interface index of the source to ours
	interfaces []Interface
}

// FromGopacket reads from any gopacket source whose packets have the given
// link type. Frames are numbered as they come. Errors are the source's own,
// and none of them is final: whether a timeout, say, ends the capture is for
// the caller to decide.
func FromGopacket(src gopacket.ZeroCopyPacketDataSource, link LinkType) *GopacketSource {
	return &GopacketSource{src: src, link: link, numbers: make(map[int]int)}
}

// Next fills p with the next packet of the source.
func (s *GopacketSource) Next(p *Packet) error {
	data, info, err := s.src.ZeroCopyReadPacketData()
	if err != nil {
		return err
	}
	number, known := s.numbers[info.InterfaceIndex]
	if !known {
		number = len(s.interfaces)
		s.numbers[info.InterfaceIndex] = number
		s.interfaces = append(s.interfaces, Interface{LinkType: s.link})
	}
	s.frame++
	*p = Packet{
		Number:    s.frame,
		HasTime:   !info.Timestamp.IsZero(),
		Length:    max(info.Length, len(data)),
		Data:      data,
		LinkType:  s.link,
		Interface: number,
	}
	if p.HasTime {
		p.Time = info.Timestamp.UnixNano()
	}
	return nil
}

// Interfaces returns one entry for each interface index that the source gave.
func (s *GopacketSource) Interfaces() []Interface { return s.interfaces }

// Secrets returns nothing: gopacket has no way to hand them on.
func (s *GopacketSource) Secrets() [][]byte { return nil }

// Dropped is 0: what a source lost only the source itself can tell.
func (s *GopacketSource) Dropped() uint64 { return 0 }

// Warnings returns nothing.
func (s *GopacketSource) Warnings() []string { return nil }
