package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	flag "github.com/spf13/pflag"
)

// onlyLive are the flags that have no meaning for files.
var onlyLive = []string{"until-failure", "duration", "count", "buffer-size", "netns", "write", "rotate-size", "rotate-files", "keep-bytes"}

// checkLive reads the flags of a live capture and tells CMD from files.
func checkLive(r *raw, f *flag.FlagSet) error {
	r.onlyFailed = r.only == "failed"
	if len(r.interfaces) == 0 {
		for _, name := range onlyLive {
			if f.Changed(name) {
				return fmt.Errorf("--%s is for a live capture (-i)", name)
			}
		}
		return nil
	}
	if dash := f.ArgsLenAtDash(); dash >= 0 {
		r.command = f.Args()[dash:]
		if len(r.command) == 0 {
			return fmt.Errorf("no command after --")
		}
	}
	r.files = r.files[:len(r.files)-len(r.command)]
	if len(r.files) > 0 {
		return fmt.Errorf("%s and -i: either files or interfaces (a command to run comes after --)", r.files[0])
	}
	return checkEnds(r, f)
}

func checkEnds(r *raw, f *flag.FlagSet) (err error) {
	switch {
	case slices.Contains(r.interfaces, ""):
		return fmt.Errorf("-i needs the name of an interface (tlswhy -D lists them; any is all)")
	case f.Changed("duration") && r.duration <= 0:
		return fmt.Errorf("--duration %s is not longer than nothing (as 30s or 5m)", r.duration)
	case f.Changed("count") && r.count <= 0:
		return fmt.Errorf("--count %d: at least 1", r.count)
	case f.Changed("netns") && r.netns == "":
		return fmt.Errorf("--netns needs a name of \"ip netns\", a process number or a path")
	}
	for i, name := range r.interfaces {
		if slices.Contains(r.interfaces[:i], name) {
			return fmt.Errorf("-i %s is given twice", name)
		}
	}
	if f.Changed("buffer-size") {
		if r.buffer, err = size("--buffer-size", r.bufferSize, 1<<10, 64<<10, math.MaxInt32); err != nil {
			return err
		}
	}
	return checkWrite(r, f)
}

// checkWrite reads the flags of what is written while a capture goes on.
func checkWrite(r *raw, f *flag.FlagSet) (err error) {
	if r.write == "" {
		for _, name := range []string{"rotate-size", "rotate-files", "keep-bytes"} {
			if f.Changed(name) {
				return fmt.Errorf("--%s is for packets that are written (-w FILE)", name)
			}
		}
		return nil
	}
	switch {
	case r.write == "-":
		return fmt.Errorf("-w - is not supported; give a file")
	case f.Changed("rotate-size") && r.rotateSize <= 0:
		return fmt.Errorf("-C %d: at least 1 (million bytes)", r.rotateSize)
	case f.Changed("rotate-files") && (r.rotateFiles <= 0 || r.rotateSize == 0):
		return fmt.Errorf("-W %d: at least 1 file, of a size that -C gives", r.rotateFiles)
	case f.Changed("keep-bytes") && !r.onlyFailed:
		return fmt.Errorf("--keep-bytes is for --only failed")
	}
	if f.Changed("keep-bytes") {
		r.keep, err = size("--keep-bytes", r.keepBytes, 1, 1<<20, math.MaxInt)
	}
	return err
}

// size reads a number of bytes, with K, M or G behind it, or in the given unit
// without.
func size(name, s string, unit, least, most int) (int, error) {
	digits := strings.TrimRight(strings.ToUpper(s), "KMGIB")
	n, err := strconv.Atoi(digits)
	suffix := strings.ToUpper(s[len(digits):])
	switch strings.TrimSuffix(strings.TrimSuffix(suffix, "B"), "I") {
	case "":
		if suffix == "B" {
			unit = 1
		}
	case "K":
		unit = 1 << 10
	case "M":
		unit = 1 << 20
	case "G":
		unit = 1 << 30
	default:
		err = strconv.ErrSyntax
	}
	if err != nil || n <= 0 || n > most/unit || n*unit < least {
		return 0, fmt.Errorf("%s %q is no size from %d to %d bytes (as 64M)", name, s, least, most)
	}
	return n * unit, nil
}
