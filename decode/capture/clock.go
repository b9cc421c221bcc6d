package capture

import (
	"math"
	"math/bits"
)

// clock turns an interface's time stamps into nanoseconds since 1970,
// exactly, rounded down.
type clock struct {
	mul    uint64 // nanoseconds are stamp × mul ÷ div ÷ 2^shift
	div    uint64
	shift  uint
	offset int64  // seconds to add
	simple uint64 // stamps below it need only the multiplication
}

// newClock is the clock for if_tsresol resol and if_tsoffset offset.
func newClock(resol byte, offset int64) clock {
	n := uint(resol & 0x7f)
	c := clock{mul: 1e9, div: 1, offset: offset}
	switch {
	case resol&0x80 != 0:
		c.shift = n
	case n <= 9:
		c.mul /= pow10(n)
	case n <= 28:
		c.mul, c.div = 1, pow10(n-9)
	default:
		c.mul = 0 // 2^64 stamps do not make a nanosecond
	}
	if c.shift == 0 && c.div == 1 && c.mul != 0 && offset == 0 {
		c.simple = math.MaxInt64 / c.mul
	}
	return c
}

func pow10(n uint) uint64 {
	p := uint64(1)
	for range n {
		p *= 10
	}
	return p
}

// nanoseconds returns false for a time that 64 bits cannot hold (the years
// before 1678 and after 2262). A stamp that is only possible as a negative
// number is taken for one: writers without a clock count from an odd origin.
func (c *clock) nanoseconds(stamp uint64) (int64, bool) {
	if stamp < c.simple {
		return int64(stamp * c.mul), true
	}
	return c.odd(stamp)
}

func (c *clock) odd(stamp uint64) (int64, bool) {
	ns, ok := c.unsigned(stamp)
	if !ok && int64(stamp) < 0 {
		ns, ok = c.unsigned(-stamp)
		ns = -ns
	}
	return ns, ok
}

func (c *clock) unsigned(stamp uint64) (int64, bool) {
	hi, lo := bits.Mul64(stamp, c.mul)
	if c.shift != 0 {
		hi, lo = shiftRight(hi, lo, c.shift)
	}
	if hi != 0 || c.div != 1 {
		if hi >= c.div {
			return 0, false
		}
		lo, _ = bits.Div64(hi, lo, c.div)
	}
	if lo > math.MaxInt64 {
		return 0, false
	}
	if c.offset == 0 {
		return int64(lo), true
	}
	return addSeconds(int64(lo), c.offset)
}

func shiftRight(hi, lo uint64, n uint) (uint64, uint64) {
	if n >= 64 {
		return 0, hi >> (n - 64)
	}
	return hi >> n, lo>>n | hi<<(64-n)
}

func addSeconds(ns, seconds int64) (int64, bool) {
	const most = math.MaxInt64 / 1_000_000_000
	if seconds > most || seconds < -most {
		return 0, false
	}
	sum := ns + seconds*1e9
	if seconds > 0 && sum < ns {
		return 0, false
	}
	return sum, true
}
