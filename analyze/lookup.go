package analyze

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"tlswhy/decode/wire"
)

// Found is what is known of a word or a line from a log.
type Found struct {
	Rule  *Rule         // the finding of that ID, or the one that covers a cause of that ID
	Cause string        // ID of the cause that was asked for
	Alert *AlertMeaning // the alert that was named
	Name  string        // name of the alert
	Text  bool          // the alert was named in a longer text, as the receiver's log has it
	Sent  bool          // the text is from the side that sent the alert
	Logs  []LogText     // texts that were recognised, the longest first
	Rules []*Rule       // findings whose titles have the words
}

// Empty reports whether nothing is known.
func (f *Found) Empty() bool {
	return f.Rule == nil && f.Alert == nil && len(f.Logs) == 0 && len(f.Rules) == 0
}

// Lookup finds what an ID, an alert's number or name, or a line from a log
// means.
func Lookup(what string) Found { return newDictionary().lookup(what) }

// dictionary is everything that can be looked up, made ready for comparing.
type dictionary struct {
	rules []*Rule
	alias []alertAlias
	logs  []LogText
	words []string // of each of logs
}

func newDictionary() *dictionary {
	d := &dictionary{rules: Catalogue(), alias: alertAliases()}
	seen := map[string]bool{}
	for _, l := range LogTexts() {
		seen[words(l.Text)] = true
		d.logs, d.words = append(d.logs, l), append(d.words, words(l.Text))
	}
	for _, r := range d.rules { // what the table does not have
		for _, text := range r.Logs {
			if w := words(text); !seen[w] {
				seen[w] = true
				d.logs, d.words = append(d.logs, LogText{text, "", ByUnknown, []string{r.ID}}), append(d.words, w)
			}
		}
	}
	return d
}

func (d *dictionary) lookup(what string) Found {
	var f Found
	what = strings.TrimSpace(what)
	id := strings.ToLower(what)
	for _, r := range d.rules {
		if r.ID == id {
			f.Rule = r
			return f
		}
	}
	for _, r := range d.rules {
		if slices.Contains(r.Causes, id) {
			f.Rule, f.Cause = r, id
			return f
		}
	}
	if code, text, ok := d.readAlert(what); ok {
		f.Alert, f.Name, f.Text = meaning(code), wire.AlertDescription(code).Name(), text
		f.Sent = text && sentAlert.MatchString(what)
	}
	f.Logs = d.lookupLogs(what, f.Alert != nil)
	if f.Alert == nil && len(f.Logs) == 0 {
		f.Rules = d.lookupTitles(what)
	}
	return f
}

// meaning returns the entry of an alert; one without is known by its name only.
func meaning(code uint8) *AlertMeaning {
	list := AlertMeanings()
	if i := slices.IndexFunc(list, func(m AlertMeaning) bool { return m.Code == code }); i >= 0 {
		return &list[i]
	}
	return &AlertMeaning{Code: code}
}

var (
	alertNumber = regexp.MustCompile(`(?i)\balerts?\b[^0-9]{0,24}\b(\d{1,3})\b`)
	alertWords  = regexp.MustCompile(`(?i)alert|remote error|QUIC|CRYPTO_ERROR`)
	sentAlert   = regexp.MustCompile(`(?i)alert write|write:fatal|sending fatal alert|alertsent|sent alert|send_alert`)
	quicCrypto  = regexp.MustCompile(`(?i)\b0x1([0-9a-f]{2})\b`)
	openSSLCode = regexp.MustCompile(`(?i)(?:^|[^0-9a-f])(0a[0-9a-f]{6}|14[0-9a-f]{6}|10000[0-9a-f]{3})(?:[^0-9a-f]|$)`)
	decimalCode = regexp.MustCompile(`\b(268\d{6})\b`)
)

// readAlert reads an alert's number or name, alone or in a longer text.
func (d *dictionary) readAlert(what string) (code uint8, text, ok bool) {
	if n, err := strconv.ParseUint(what, 10, 8); err == nil {
		return uint8(n), false, true
	}
	whole := squash(what)
	for _, a := range d.alias {
		if whole == a.name {
			return a.code, false, true
		}
	}
	if m := alertNumber.FindStringSubmatch(what); m != nil {
		if n, err := strconv.ParseUint(m[1], 10, 8); err == nil {
			return uint8(n), true, true
		}
	}
	if reason, ok := reasonCode(what); ok && reason >= 1000 && reason < 1256 {
		return uint8(reason - 1000), true, true
	}
	if m := quicCrypto.FindStringSubmatch(what); m != nil && alertWords.MatchString(what) {
		n, _ := strconv.ParseUint(m[1], 16, 8)
		return uint8(n), true, true
	}
	if alertWords.MatchString(what) {
		for _, a := range d.alias {
			if strings.Contains(whole, a.name) {
				return a.code, true, true
			}
		}
	}
	return 0, false, false
}

// reasonCode reads the reason out of an error code of OpenSSL (1.x, 3.x) or
// BoringSSL; 1000 and more are alerts that were received.
func reasonCode(what string) (int, bool) {
	if m := openSSLCode.FindStringSubmatch(what); m != nil {
		n, _ := strconv.ParseUint(m[1], 16, 32)
		if strings.HasPrefix(strings.ToLower(m[1]), "0a") {
			return int(n & 0x7fffff), true
		}
		return int(n & 0xfff), true
	}
	if m := decimalCode.FindStringSubmatch(what); m != nil {
		n, _ := strconv.ParseUint(m[1], 10, 32)
		return int(n & 0xfff), n>>12 == 0x10000
	}
	return 0, false
}

type alertAlias struct {
	name string // squashed
	code uint8
}

// alertAliases are the names of alerts, IANA's and those of logs that differ,
// the longest first.
func alertAliases() []alertAlias {
	list := []alertAlias{ // Go's words
		{"unknown certificate authority", 48}, {"unknown certificate", 46}, {"expired certificate", 45}, {"revoked certificate", 44}, {"error decoding message", 50},
		{"error decrypting message", 51}, {"protocol version not supported", 70}, {"insufficient security level", 71}, {"tls: handshake failure", 40}, {"certificate authority unknown", 48},
		{"unsupported certificate", 43}, {"user canceled", 90}, {"close notify", 0}, {"export restriction", 60}, {"bad record mac", 20}, {"no certificate", 41},
		{"UnrecognisedName", 112}, {"no application protocol", 120}, {"ech required", 121},
	}
	for code := range 256 {
		if a := wire.AlertDescription(code); a.Known() {
			list = append(list, alertAlias{a.Name(), uint8(code)})
		}
	}
	for i := range list {
		list[i].name = squash(list[i].name)
	}
	slices.SortStableFunc(list, func(a, b alertAlias) int { return cmp.Compare(len(b.name), len(a.name)) })
	return list
}

// squash keeps letters and digits, in lower case.
func squash(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// words keeps letters and digits in lower case, anything else is one space.
func words(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }), " ")
}

// longText is from which length a known text may end within a word.
const longText = 10

// lookupLogs finds the known texts in a line, or those that the line is a part
// of. With an alert only texts count that say more than its name.
func (d *dictionary) lookupLogs(what string, alert bool) []LogText {
	line := " " + words(what) + " "
	if reason, ok := reasonCode(what); ok && reason < 1000 {
		line += fmt.Sprintf("0a000%03x ", reason)
	}
	var found, partly []LogText
	for i, known := range d.words {
		at := strings.Index(line, " "+known)
		if at >= 0 && (len(known) >= longText || strings.Contains(line, " "+known+" ")) {
			found = append(found, d.logs[i])
		} else if len(line) >= 6 && strings.Contains(" "+known+" ", strings.TrimRight(line, " ")) {
			partly = append(partly, d.logs[i])
		}
	}
	if len(found) == 0 && !alert {
		found = partly
	}
	if alert {
		found = slices.DeleteFunc(found, func(l LogText) bool { _, _, ok := d.readAlert(l.Text); return ok })
	}
	slices.SortStableFunc(found, func(a, b LogText) int { return cmp.Compare(len(b.Text), len(a.Text)) })
	return mostSpecific(found)
}

// mostSpecific drops texts that are part of a longer one, and says at most
// four.
func mostSpecific(list []LogText) []LogText {
	var kept []LogText
	for _, l := range list {
		w := words(l.Text)
		if len(kept) < 4 && !slices.ContainsFunc(kept, func(k LogText) bool { return strings.Contains(words(k.Text), w) && len(k.Findings) >= len(l.Findings) }) {
			kept = append(kept, l)
		}
	}
	return kept
}

// lookupTitles finds the findings whose ID, title or explanation has all the
// words.
func (d *dictionary) lookupTitles(what string) []*Rule {
	var found []*Rule
	want := strings.Fields(words(what))
	if !slices.ContainsFunc(want, func(w string) bool { return len(w) >= 3 && unicode.IsLetter(rune(w[0])) }) {
		return nil
	}
	for _, r := range d.rules {
		text := words(r.ID + " " + r.Title + " " + r.Explain)
		if !slices.ContainsFunc(want, func(w string) bool { return !strings.Contains(text, w) }) {
			found = append(found, r)
		}
	}
	return found[:min(len(found), 12)]
}
