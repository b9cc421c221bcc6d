package analyze

import "tlswhy/decode"

// timeline makes the annotated lines of a handshake.
func (c *Case) timeline() []Line { return nil }

// notAssessed says what the capture could not show.
func (c *Case) notAssessed() []Text { return nil }

// certificates returns the readable chain of a side.
func (c *Case) certificates(from decode.Side) []Certificate { return nil }
