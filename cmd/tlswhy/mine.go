package main

import (
	"net/netip"

	"tlswhy/decode"
)

// maxForeign handshakes of others are kept, should none be the command's.
const maxForeign = 1000

// whose says whose a connection is, as far as that is known.
func (w *watcher) whose(udp bool, client, server netip.AddrPort) ownership {
	return w.command.owners.of(udp, client, server)
}

// mine says whether a handshake is to be judged: without a command all are,
// with one those that are its own or may be.
func (w *watcher) mine(h *decode.Handshake) bool {
	if w.command == nil {
		return true
	}
	switch w.whose(h.Transport != decode.TCP, h.Client, h.Server) {
	case foreign:
		if len(w.foreign) < maxForeign {
			w.foreign = append(w.foreign, h)
		}
		return false
	case ours:
		w.owned++
	default:
		if h.TLS || h.Wanted {
			w.doubt++
		}
	}
	return true
}

// settleOwners takes in the handshakes of others when none can be the
// command's: it may have had them done by another program, as docker does.
func (w *watcher) settleOwners() {
	if w.command == nil || w.owned+w.doubt > 0 {
		return
	}
	for _, h := range w.foreign {
		w.analyzer.Add(h)
		if h.TLS || h.Wanted {
			w.doubt++
		}
	}
}
