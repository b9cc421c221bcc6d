//go:build ignore

// Command setcap gives a file the one capability that a live capture needs,
// CAP_NET_RAW, as setcap cap_net_raw+ep does where that is not installed.
//
//	go run setcap.go FILE
package main

import (
	"encoding/binary"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: setcap FILE")
		os.Exit(2)
	}
	// struct vfs_cap_data, revision 2, effective: capabilities(7), linux/capability.h
	le := binary.LittleEndian
	b := le.AppendUint32(nil, 0x02000001)
	b = le.AppendUint32(b, 1<<unix.CAP_NET_RAW)
	b = append(b, make([]byte, 12)...)
	if err := unix.Setxattr(os.Args[1], "security.capability", b, 0); err != nil {
		fmt.Fprintf(os.Stderr, "setcap: %s: %v\n", os.Args[1], err)
		os.Exit(1)
	}
}
