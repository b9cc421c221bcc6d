package filter

import (
	"net/netip"
	"regexp"
	"strings"
)

// token is one word, number, address or sign.
type token struct {
	kind kind
	at   int // offset in the text
	text string
}

type kind uint8

const (
	end      kind = iota
	word          // a keyword
	name          // anything else made of letters
	number        // 80, 0x50, tcp-rst
	dotted        // 10.1 to 10.1.2.3
	address6      // 2001:db8::1
	mac           // 00:11:22:33:44:55
	sign          // ( ) [ ] : and operators
)

// shapes are the forms of tokens (libpcap's scanner): the longest one wins,
// the first of those that are equally long.
type shapes struct {
	number, dotted, address6, mac, name, escaped, sign *regexp.Regexp
}

func newShapes() *shapes {
	re := regexp.MustCompile
	return &shapes{
		number:   re(`^(0[xX][0-9a-fA-F]+|[0-9]+)`),
		dotted:   re(`^[0-9]+(\.[0-9]+){1,3}`),
		address6: re(`^[0-9a-fA-F]*:[0-9a-fA-F:]*:[0-9a-fA-F:.]*`),
		mac:      re(`^([0-9a-fA-F]{1,2}(:[0-9a-fA-F]{1,2}){5}|[0-9a-fA-F]{1,2}(-[0-9a-fA-F]{1,2}){5}|[0-9a-fA-F]{3,4}(\.[0-9a-fA-F]{3,4}){2})`),
		name:     re(`^[A-Za-z0-9]([-_.A-Za-z0-9]*[.A-Za-z0-9])?`),
		escaped:  re(`^\\[^ !()\n\t]+`),
		sign:     re(`^(&&|\|\||==|!=|>=|<=|<<|>>|[][()!<>=&|^%+*/:-])`),
	}
}

// scan cuts an expression into tokens.
func scan(text string) []token {
	s, words, values := newShapes(), keywords(), constants()
	var list []token
	for at := 0; at < len(text); {
		if strings.IndexByte(" \t\r\n", text[at]) >= 0 {
			at++
			continue
		}
		t := s.next(text[at:])
		if t.text == "" {
			refuse(at, "this cannot begin a word")
		}
		t.at = at
		at += len(t.text)
		t.mean(words, values)
		list = append(list, t)
	}
	return append(list, token{kind: end, at: len(text)})
}

// next finds the longest token at the start of rest.
func (s *shapes) next(rest string) token {
	var t token
	try := func(k kind, re *regexp.Regexp) {
		if m := re.FindString(rest); len(m) > len(t.text) && (k != address6 || isAddress6(m)) {
			t = token{kind: k, text: m}
		}
	}
	try(number, s.number)
	try(mac, s.mac)
	try(dotted, s.dotted)
	try(address6, s.address6)
	try(name, s.name)
	try(name, s.escaped)
	try(sign, s.sign)
	return t
}

func isAddress6(s string) bool {
	a, err := netip.ParseAddr(s)
	return err == nil && a.Is6()
}

// mean tells keywords, constants and other names apart.
func (t *token) mean(words map[string]string, values map[string]uint32) {
	switch {
	case t.kind == sign:
		if w, ok := map[string]string{"&&": "and", "||": "or", "!": "not"}[t.text]; ok {
			t.kind, t.text = word, w
		} else if t.text == "==" {
			t.text = "="
		}
	case t.kind != name:
	case t.text[0] == '\\':
		t.text = t.text[1:]
	default:
		if w, ok := words[t.text]; ok {
			t.kind, t.text = word, w
		} else if _, ok := values[t.text]; ok {
			t.kind = number
		}
	}
}

// keywords are the words with a meaning; an alias stands for its word.
func keywords() map[string]string {
	m := map[string]string{"link": "ether", "length": "len"}
	for w := range strings.FieldsSeq(`and or not src dst host net mask port portrange proto protochain gateway
		ether ip ip6 arp rarp tcp udp sctp icmp icmp6 igmp igrp pim vrrp carp ah esp
		less greater len broadcast multicast inbound outbound vlan ` + foreign) {
		m[w] = w
	}
	return m
}

// foreign are keywords of pcap-filter(7) that are understood only to be
// refused.
const foreign = `fddi tr wlan ppp slip radio atalk aarp decnet iso stp ipx netbeui lat moprc mopdl sca clnp esis isis es-is is-is
	ifindex mpls pppoed pppoes geneve byte type subtype dir on ifname rset rulenum ruleset reason rnr srnr subrulenum action llc lane
	metac bcc oam oamf4 oamf4ec oamf4sc sc ilmic connectmsg metaconnect addr1 addr2 addr3 addr4 ra ta
	l1 l2 iih lsp snp csnp psnp vpi vci sio opc dpc sls hsio hopc hdpc hsls fisu lssu lsu msu hfisu hlssu hmsu`

// constants are the names of fields and values (pcap-filter(7)).
func constants() map[string]uint32 {
	return map[string]uint32{
		"icmptype": 0, "icmpcode": 1, "icmp6type": 0, "icmp6code": 1, "tcpflags": 13,
		"icmp-echoreply": 0, "icmp-unreach": 3, "icmp-sourcequench": 4, "icmp-redirect": 5, "icmp-echo": 8,
		"icmp-routeradvert": 9, "icmp-routersolicit": 10, "icmp-timxceed": 11, "icmp-paramprob": 12, "icmp-tstamp": 13,
		"icmp-tstampreply": 14, "icmp-ireq": 15, "icmp-ireqreply": 16, "icmp-maskreq": 17, "icmp-maskreply": 18,
		"icmp6-destinationunreach": 1, "icmp6-packettoobig": 2, "icmp6-timeexceeded": 3, "icmp6-parameterproblem": 4,
		"icmp6-echo": 128, "icmp6-echoreply": 129, "icmp6-multicastlistenerquery": 130, "icmp6-multicastlistenerreportv1": 131,
		"icmp6-multicastlistenerdone": 132, "icmp6-routersolicit": 133, "icmp6-routeradvert": 134, "icmp6-neighborsolicit": 135,
		"icmp6-neighboradvert": 136, "icmp6-redirect": 137, "icmp6-routerrenum": 138, "icmp6-nodeinformationquery": 139,
		"icmp6-nodeinformationresponse": 140, "icmp6-ineighbordiscoverysolicit": 141, "icmp6-ineighbordiscoveryadvert": 142,
		"icmp6-multicastlistenerreportv2": 143, "icmp6-homeagentdiscoveryrequest": 144, "icmp6-homeagentdiscoveryreply": 145,
		"icmp6-mobileprefixsolicit": 146, "icmp6-mobileprefixadvert": 147, "icmp6-certpathsolicit": 148, "icmp6-certpathadvert": 149,
		"icmp6-multicastrouteradvert": 151, "icmp6-multicastroutersolicit": 152, "icmp6-multicastroutertermination": 153,
		"tcp-fin": 1, "tcp-syn": 2, "tcp-rst": 4, "tcp-push": 8, "tcp-ack": 16, "tcp-urg": 32, "tcp-ece": 64, "tcp-cwr": 128,
	}
}
