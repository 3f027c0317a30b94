package mailer

import (
	"errors"
	"fmt"
	"io"
	"net/textproto"
	"strings"
	"unicode"
)

// Refused is a permanent no to this one mail.
type Refused struct {
	Code  int // the server's, 0 if we refused it ourselves
	Words string
}

// Deferred is a temporary no to this one mail, or an accident while sending it.
type Deferred struct {
	Code    int
	Words   string
	Unknown bool // the line broke after the final dot: it may have been delivered
}

// Unreachable says that the server takes no mail at all from us just now; this
// one mail has nothing to do with it and was not tried.
type Unreachable struct{ Words string }

// takesNone is what everybody who sees a waiting mail reads of that; where the server is, and what is wrong, the log says to the operator.
const takesNone = "the mail server takes no mail at the moment (see the log)"

func (e *Refused) Error() string     { return "refused: " + e.Words }
func (e *Deferred) Error() string    { return "deferred: " + e.Words }
func (e *Unreachable) Error() string { return "mail server out of reach: " + e.Words }

// verdict reads the outcome out of an error that ended a mail's conversation.
// Only 5xx about this mail is final; a server that wants us to sign in first has
// said nothing about the mail.
func verdict(err error, handedOver bool) error {
	words := clean(err.Error())
	var reply *textproto.Error
	if !errors.As(err, &reply) {
		if errors.Is(err, io.EOF) {
			words = "the mail server hung up in the middle"
		}
		return &Deferred{Words: words, Unknown: handedOver}
	}
	words = clean(fmt.Sprintf("%d %s", reply.Code, reply.Msg))
	switch {
	case reply.Code == 530 || reply.Code == 534 || reply.Code == 535 || reply.Code == 538:
		return &Unreachable{Words: words}
	case reply.Code/100 == 5:
		return &Refused{Code: reply.Code, Words: words}
	}
	return &Deferred{Code: reply.Code, Words: words}
}

// wordsLimit is how much of a server's answer is kept, in characters.
const wordsLimit = 300

// clean makes a server's words fit for a page: one line, nothing invisible.
func clean(words string) string {
	words = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t' || r == '\u2028' || r == '\u2029':
			return ' '
		case r == unicode.ReplacementChar || !unicode.IsPrint(r):
			return -1
		}
		return r
	}, words)
	kept := []rune(strings.Join(strings.Fields(words), " "))
	if len(kept) > wordsLimit {
		kept = append(kept[:wordsLimit-1], '…')
	}
	return string(kept)
}
