package wire

import "fmt"

// Alert is a plaintext alert (RFC 8446, Section 6).
type Alert struct {
	Level       AlertLevel
	Description AlertDescription
}

// Levels of alerts.
const (
	AlertWarning AlertLevel = 1
	AlertFatal   AlertLevel = 2
)

// ParseAlert reads one alert. Several alerts in a record are read one by one:
// an alert is always two bytes.
func ParseAlert(b []byte) (Alert, *Malformed) {
	t := trouble{message: "Alert"}
	r := newReader(&t, b)
	var a Alert
	a.Level = AlertLevel(r.uint8("level"))
	a.Description = AlertDescription(r.uint8("description"))
	r.end("end")
	return a, t.first
}

// Name is "warning" or "fatal", or says the number.
func (l AlertLevel) Name() string {
	switch l {
	case AlertWarning:
		return "warning"
	case AlertFatal:
		return "fatal"
	}
	return fmt.Sprintf("unknown (%d)", uint8(l))
}

func (l AlertLevel) String() string { return l.Name() }

// Name is the IANA name, as "handshake_failure".
func (a AlertDescription) Name() string {
	if name := alertName(uint8(a)); name != "" {
		return name
	}
	return fmt.Sprintf("unknown (%d)", uint8(a))
}

func (a AlertDescription) String() string { return a.Name() }

// Known reports whether the number has a name.
func (a AlertDescription) Known() bool { return alertName(uint8(a)) != "" }
