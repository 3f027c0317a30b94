package mailer

import (
	"errors"
	"io"
)

// brokenPen writes a mail and fails as it goes on.
type brokenPen struct{ body }

func (p brokenPen) WriteTo(w io.Writer) (int64, error) {
	return p.body.WriteTo(brokenPaper{w})
}

type brokenPaper struct{ io.Writer }

func (p brokenPaper) Write(b []byte) (int, error) {
	n, _ := p.Writer.Write(b)
	return n, errors.New("the pen broke")
}
