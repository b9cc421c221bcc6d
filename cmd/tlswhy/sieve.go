package main

import (
	"fmt"

	"golang.org/x/net/bpf"

	"tlswhy/decode/capture"
	"tlswhy/decode/filter"
)

// sieve is the filter that was asked for, made for the link types that come.
// The zero sieve takes every packet.
type sieve struct {
	filter *filter.Filter
	made   map[capture.LinkType]*filter.Program
}

func newSieve(o *options) sieve {
	s := sieve{filter: o.filter, made: map[capture.LinkType]*filter.Program{}}
	if s.filter != nil && !o.exactFilter {
		s.filter = s.filter.Related()
	}
	return s
}

// takes says whether a packet is wanted.
func (s *sieve) takes(p *capture.Packet) (bool, error) {
	if s.filter == nil {
		return true, nil
	}
	program, ok := s.made[p.LinkType]
	if !ok {
		var err error
		if program, err = s.filter.For(filter.View{Link: filter.Link(p.LinkType)}); err != nil {
			return false, fmt.Errorf("%w (its packets are of link type %s)", err, p.LinkType)
		}
		s.made[p.LinkType] = program
	}
	return program.Match(p.Data, p.Length), nil
}

// kernel gives the program for the packets that the kernel sees.
func (s *sieve) kernel(v capture.View) ([]bpf.RawInstruction, error) {
	if s.filter == nil {
		return nil, nil
	}
	p, err := s.filter.For(filter.View{Link: filter.Link(v.Link), Kernel: true, Cooked: v.Cooked})
	if err != nil {
		return nil, err
	}
	return p.Instructions()
}
