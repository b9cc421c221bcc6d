// Command tlswhy says why TLS handshakes in a capture failed.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
)

// gcPercent lets the heap grow by half between collections: what is kept of a
// capture is small beside what passes through, and memory counts more. Near
// memoryGoal what is garbage goes at once: two passes over a capture packed by
// zstd with its largest window take as much as one.
const (
	gcPercent  = 50
	memoryGoal = 192 << 20
)

func main() {
	economize()
	os.Exit(start())
}

func economize() {
	debug.SetGCPercent(gcPercent)
	debug.SetMemoryLimit(memoryGoal)
}

// start takes the signals and runs the command. The first interrupt ends the
// reading, so that what was read is reported; the second one ends the program.
// A reader that goes away is no error.
func start() int {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	return run(ctx, os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr, os.Getenv, func(o *options) error { return drop(o, os.Getenv) }})
}
