package main

import (
	"fmt"
	"io"

	"tlswhy/analyze"
	"tlswhy/analyze/render"
)

// explain prints what an ID, an alert or a text from a log means.
func explain(w io.Writer, what string, o render.Options) error {
	found := analyze.Lookup(what)
	if found.Empty() {
		return fmt.Errorf("nothing is known of %q (--list-findings lists the findings; try fewer words of the message)", what)
	}
	return render.Explain(w, what, &found, o)
}
