package main

import (
	"errors"
	"io"
)

func explain(w io.Writer, what, lang string, width int) error {
	return errors.New("--explain is not supported in this build yet (--list-findings is)")
}
