package analyze

// Rule is an entry of the catalogue: the only place where a finding is
// described.
type Rule struct {
	ID       string               // kebab-case, never changes its meaning, never reused
	Family   string               // as in the contract: "network", "ending", "negotiation" …
	Title    string               // "No common cipher suite"
	Fault    Fault                // the usual one; a Finding carries its own
	Causes   []string             // what it covers, most frequent first
	Explain  string               // plain paragraphs: what happens on the wire and why
	Fixes    []Fix                // most likely first, by who can do it
	Refs     []string             // "RFC 8446, Section 4.2.1"
	Logs     []string             // how stacks word it in their logs, so that --explain finds it
	Silences []string             // IDs of more general findings that this one makes superfluous
	Rank     int                  // specificity: the highest is the primary finding
	Texts    map[string]string    // English templates by part; a Text's key is ID + "/" + part
	Check    func(*Case) *Finding // nil: found elsewhere (stories)
}
