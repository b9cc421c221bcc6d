package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"strings"
	"syscall"
)

// Exit statuses (contract).
const (
	statusOK      = 0
	statusFailed  = 1 // at least one handshake failed
	statusTrouble = 2 // the command line or an input could not be used as a whole
)

// streams are what the command reads from and writes to.
type streams struct {
	in     io.Reader
	out    io.Writer
	err    io.Writer
	getenv func(string) string
	drop   func(*options) error // gives up the rights of the process; nil: they are kept
}

// run is the whole command: a function of its arguments and streams.
func run(ctx context.Context, args []string, std streams) int {
	if len(args) == 0 {
		fmt.Fprint(std.err, shortUsage)
		return statusTrouble
	}
	o, err := parse(args)
	if err != nil {
		complain(std, err)
		return statusTrouble
	}
	switch {
	case o.help:
		err = print(std.out, usage())
	case o.version:
		err = print(std.out, "tlswhy "+version()+"\n")
	case o.listFindings:
		err = listFindings(std.out)
	case o.listPorts:
		err = listPorts(std.out)
	case o.listInterfaces:
		err = listInterfaces(std.out, o.netns)
	case o.explain != "":
		err = explain(std.out, o.explain, renderOptions(o, std))
	default:
		return report(ctx, o, std)
	}
	if err != nil && !gone(err) {
		complain(std, err)
		return statusTrouble
	}
	return statusOK
}

// complain writes an error in one line.
func complain(std streams, err error) {
	fmt.Fprintf(std.err, "tlswhy: %s\n", printable(err.Error()))
}

// gone reports whether a write failed because nobody reads any more.
func gone(err error) bool { return errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrClosedPipe) }

func print(w io.Writer, s string) error {
	_, err := io.WriteString(w, s)
	return err
}

// version is the module's version, or the commit that the program was built
// from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return "devel"
	}
	return strings.TrimPrefix(info.Main.Version, "v")
}
