package analyze

import "slices"

// TLSPorts are the ports on which a connection without any byte of TLS still
// counts as a handshake: those assigned to a protocol that begins with TLS.
var TLSPorts = []uint16{
	261, 443, 448, 465, 563, 614, 636, 684, 695, 832, 853, 989, 990, 992, 993, 994, 995,
	1443, 2083, 2087, 2096, 2252, 2376, 2478, 2762, 3269, 3424, 3713, 3766, 4433, 4443, 4536, 4843, 5061, 5223, 5349, 5671,
	5986, 6443, 6514, 6619, 6697, 7443, 8243, 8443, 8883, 9443, 10250, 15017, 16993,
}

// IsTLSPort reports whether a port is one of TLSPorts.
func IsTLSPort(port uint16) bool {
	_, ok := slices.BinarySearch(TLSPorts, port)
	return ok
}
