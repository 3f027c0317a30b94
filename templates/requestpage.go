package templates

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"formwandel/models"
)

// RequestPage is everything about one request.
type RequestPage struct {
	Frame
	R           *RequestView
	Questions   []QuestionView
	Comments    []EventLine // oldest of the newest first
	MoreComment bool
	Events      []EventLine // newest first
	MoreEvents  bool
	Attachments []AttachmentLine
	FileTo      string // address that takes a document
	Most        int    // megabytes of one document
	Text        string // of the comment, as it was typed
	Looking     string // who else has it on the screen, in words
}

// File implements Page.
func (*RequestPage) File() string { return "request" }

// HistoryPage is a request's whole history, a page at a time.
type HistoryPage struct {
	Frame
	R           *RequestView
	Comments    bool // only what was said
	Events      []EventLine
	Next, First string
}

// File implements Page.
func (*HistoryPage) File() string { return "requesthistory" }

// ChangesPage compares all values of a long request, a page at a time.
type ChangesPage struct {
	Frame
	R           *RequestView
	Next, First string
}

// File implements Page.
func (*ChangesPage) File() string { return "requestchanges" }

// CaseFilePage is a request as it goes into the files, with all that makes it verifiable.
type CaseFilePage struct {
	Frame
	R           *RequestView
	At          time.Time // of printing
	Part        bool      // a further part: history only
	Questions   []QuestionView
	Attachments []AttachmentLine
	Events      []EventLine // oldest first
	Next        string
}

// File implements Page.
func (*CaseFilePage) File() string { return "requestfile" }

// AttachmentLine is a document of a request.
type AttachmentLine struct {
	Name, Path, Type, Size, Who, Hash string
	At                                time.Time
}

// AttachmentLines put documents into words.
func AttachmentLines(as []models.Attachment, number, lang string) []AttachmentLine {
	words := Words(lang)
	var out []AttachmentLine
	for _, a := range as {
		ending := strings.ToUpper(a.Name[strings.LastIndexByte(a.Name, '.')+1:])
		out = append(out, AttachmentLine{
			Name: a.Name, Path: "/auftraege/" + number + "/anlagen/" + strconv.FormatInt(a.ID, 10), Type: ending, Size: sizeIn(words, a.Size),
			Who: a.Author.Name, Hash: a.Blob, At: a.At,
		})
	}
	return out
}

// sizeIn is a size as people read it: 340 KB, 1,2 MB.
func sizeIn(words Catalogue, n int64) string {
	const kilo = 1 << 10
	if n < kilo*kilo {
		return strconv.FormatInt(max(1, (n+kilo/2)/kilo), 10) + "\u00a0KB"
	}
	text := strconv.FormatFloat(float64(n)/(kilo*kilo), 'f', 1, 64) + "\u00a0MB"
	if words.Lang() == firstLocale {
		text = strings.Replace(text, ".", ",", 1)
	}
	return text
}

// MailLine is one mail about a request and how far it got.
type MailLine struct {
	Recipient string
	State     models.MailState
	At        time.Time // sent, or written
	Error     string
}

// MailGroup is what was written about one step, to everybody who was told.
type MailGroup struct {
	Kind models.MailKind
	Step int64 // the event's number
	To   []MailLine
}

// mails are grouped by what they tell, newest first; those that nobody has received are counted.
func (v *RequestView) mails(ms []models.Mail) {
	for i := len(ms) - 1; i >= 0; i-- {
		m := ms[i]
		if n := len(v.Mails); n == 0 || v.Mails[n-1].Step != m.EventSeq || v.Mails[n-1].Kind != m.Kind {
			v.Mails = append(v.Mails, MailGroup{Kind: m.Kind, Step: m.EventSeq})
		}
		line := MailLine{Recipient: m.Recipient, State: m.State, At: m.CreatedAt, Error: cutTo(ShortText, oneLine(m.LastError))}
		if m.SentAt != nil {
			line.At = *m.SentAt
		}
		if m.State != models.MailSent {
			v.Waiting++
		}
		g := &v.Mails[len(v.Mails)-1]
		g.To = append(g.To, line)
	}
}

// ShortenMails leaves what a page can hold beside everything else.
func (v *RequestView) ShortenMails() {
	left := shownMails
	for i := range v.Mails {
		g := &v.Mails[i]
		if n := len(g.To) - left; n > 0 {
			v.MoreMails += n
			g.To = g.To[:left]
		}
		left -= len(g.To)
	}
	v.Mails = slices.DeleteFunc(v.Mails, func(g MailGroup) bool { return len(g.To) == 0 })
}
