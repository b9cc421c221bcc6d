package render

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// jsonTime is RFC 3339 in UTC with all nanoseconds (contract).
const jsonTime = "2006-01-02T15:04:05.000000000Z"

// timeText writes a time for readers: RFC 3339 in UTC, microseconds unless it
// is a whole second.
func timeText(t time.Time) string {
	t = t.UTC()
	if t.Nanosecond() == 0 {
		return t.Format("2006-01-02T15:04:05Z")
	}
	return t.Format("2006-01-02T15:04:05.000000Z")
}

// durationText writes a duration with about three digits, from microseconds
// to days.
func durationText(d time.Duration) string {
	if d < 0 {
		return "-" + durationText(-d)
	}
	switch {
	case d < time.Microsecond:
		return fmt.Sprintf("%d ns", d)
	case d < time.Millisecond:
		return digits(float64(d)/1e3) + " µs"
	case d < time.Second:
		return digits(float64(d)/1e6) + " ms"
	case d < time.Minute:
		return digits(float64(d)/1e9) + " s"
	case d < time.Hour:
		return pair(d, time.Minute, "min", time.Second, "s")
	case d < 48*time.Hour:
		return pair(d, time.Hour, "h", time.Minute, "min")
	}
	return fmt.Sprintf("%d days", d/(24*time.Hour))
}

// digits writes a number below 1000 with three significant digits and without
// zeros at its end.
func digits(f float64) string {
	prec := 2
	if f >= 100 {
		prec = 0
	} else if f >= 10 {
		prec = 1
	}
	s := strconv.FormatFloat(f, 'f', prec, 64)
	if prec > 0 {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

func pair(d, big time.Duration, bigName string, small time.Duration, smallName string) string {
	s := fmt.Sprintf("%d %s", d/big, bigName)
	if rest := d % big / small; rest > 0 {
		s += fmt.Sprintf(" %d %s", rest, smallName)
	}
	return s
}

// countText writes a number with thin groups from five digits on: 12,345.
func countText(n int64) string {
	s := strconv.FormatInt(n, 10)
	if n < 0 || len(s) < 5 {
		return s
	}
	var b strings.Builder
	for i, c := range s {
		if i > 0 && (len(s)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(c)
	}
	return b.String()
}

// code16 writes a code point as the contract has it.
func code16(n int64) string { return fmt.Sprintf("0x%04x", n) }
