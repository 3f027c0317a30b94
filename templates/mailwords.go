package templates

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"formwandel/models"
	"formwandel/models/calendar"
)

// mailKinds are the kinds a letter can be written for.
var mailKinds = map[models.MailKind]bool{
	models.MailSubmitted: true, models.MailQuestion: true, models.MailAnswered: true,
	models.MailApproved: true, models.MailRejected: true, models.MailFailed: true,
	models.MailReopened: true, models.MailWithdrawn: true, models.MailApplied: true,
	models.MailReturned: true, models.MailKept: true, models.MailDueSoon: true,
	models.MailOverdue: true, models.MailAccepted: true, models.MailSuccessor: true,
	models.MailReverted: true, models.MailMaintenance: true, models.MailAssigned: true,
	models.MailCheckpoint: true, models.MailPolicyProposed: true, models.MailPolicyAgreed: true, models.MailPolicyDeclined: true, models.MailPolicyWithdrawn: true,
}

// letterWriter chooses the words of one letter.
type letterWriter struct {
	words Catalogue
	kind  models.MailKind
	role  string
	facts models.MailFacts
	base  string
	args  map[string]any
}

// NewMail makes a letter out of the facts: first why it comes, then what
// happened, then what to do.
func NewMail(l models.Letter, baseURL string) (Mail, error) {
	if accountKinds[l.Mail.Kind] {
		return newLetterWriter(l, baseURL, Words(l.Mail.Locale)).accountMail(), nil
	}
	if !mailKinds[l.Mail.Kind] {
		return Mail{}, fmt.Errorf("templates: there is no mail of kind %q", l.Mail.Kind)
	}
	return newLetterWriter(l, baseURL, Words(l.Mail.Locale)).mail(), nil
}

func newLetterWriter(l models.Letter, baseURL string, words Catalogue) *letterWriter {
	f := l.Facts
	return &letterWriter{
		words: words, kind: l.Mail.Kind, role: l.Mail.Role, facts: f,
		base: strings.TrimRight(baseURL, "/"),
		args: map[string]any{
			"number":       registerName(f.Number),
			"form":         registerName(f.FormTitle),
			"municipality": registerName(f.Municipality),
			"actor":        registerName(f.Actor),
			"predecessor":  registerName(f.Predecessor),
			"revert":       registerName(f.Revert),
			"config":       f.ConfigNumber,
		},
	}
}

func (w *letterWriter) mail() Mail {
	m := Mail{Lang: w.words.Lang(), Subject: w.subject(), Blocks: make([]Block, 0, 12)}
	m.Blocks = append(m.Blocks, w.paragraph("mail.hello"), w.why(),
		Block{Kind: Paragraph, Text: w.lead()})
	m.Blocks = append(m.Blocks, w.about()...)
	m.Blocks = append(m.Blocks, w.outcome()...)
	m.Blocks = append(m.Blocks, Block{Kind: Facts, Items: w.factLines()})
	m.Blocks = append(m.Blocks, w.next(), w.action(), w.footer())
	return m
}

func (w *letterWriter) say(key string) string { return w.words.Say(key, w.args) }

func (w *letterWriter) sayWith(key, placeholder string, value any) string {
	return w.words.Say(key, map[string]any{placeholder: value})
}

func (w *letterWriter) paragraph(key string) Block {
	return Block{Kind: Paragraph, Text: w.say(key)}
}

// special finds the words written for this role, or else those for everybody.
// In a mail about maintenance the switch stands in for the role.
func (w *letterWriter) special(key string) string {
	variants := []string{w.role}
	switch {
	case w.kind == models.MailMaintenance && w.facts.On:
		variants = []string{"on." + w.role, "on"}
	case w.kind == models.MailSubmitted && w.facts.Wish != "" && len(w.facts.Sentences) == 0: // there is nothing to decide on yet
		variants = []string{w.role + ".wish", w.role}
	}
	for _, v := range variants {
		if own := key + "." + v; w.words.Has(own) {
			return own
		}
	}
	return key
}

func (w *letterWriter) ofKind(part string) string {
	key := "mail." + string(w.kind) + "." + part
	if w.facts.Basis == models.BasisOpen && w.words.Has(key+".open") {
		key += ".open"
	}
	return w.say(w.special(key))
}

func (w *letterWriter) subject() string {
	if own := "mail." + string(w.kind) + ".subject"; w.words.Has(own) {
		return w.say(own)
	}
	key := "mail.subject"
	if w.facts.Number == "" {
		key = "mail.subject_form"
	}
	return w.words.Say(key, map[string]any{
		"number": w.args["number"], "form": w.args["form"],
		"municipality": w.args["municipality"], "what": w.ofKind("what"),
	})
}

func (w *letterWriter) why() Block {
	group := "mail.why."
	if w.facts.Number == "" {
		group = "mail.why_form."
	}
	if !w.words.Has(group + w.role) {
		return w.paragraph(group + "participant")
	}
	return w.paragraph(group + w.role)
}

func (w *letterWriter) lead() string {
	lead := w.ofKind("lead")
	if why := "mail.failed.why." + w.facts.Reason; w.words.Has(why) {
		lead += " " + w.say(why)
	}
	if w.facts.ConfigNumber > 0 {
		lead += " " + w.say("mail.version")
	}
	if w.facts.Late <= 0 {
		return lead
	}
	late := howLong(w.words, w.facts.Late)
	if w.kind == models.MailOverdue {
		return lead + " " + w.sayWith("mail.late.overdue", "late", late)
	}
	return lead + " " + w.sayWith("mail.late", "late", late)
}

func (w *letterWriter) next() Block {
	if w.kind == models.MailApplied && w.role == "author" && !w.facts.AcceptBy.IsZero() {
		return Block{Kind: Paragraph, Text: w.sayWith("mail.accept_by", "day", dayIn(w.words, w.facts.AcceptBy))}
	}
	next := w.ofKind("next")
	if w.facts.Doomed {
		next = w.say("mail.approved.next.doomed")
	}
	if way := w.wayOut(); way != "" {
		next = w.say(w.special("mail.failed.next." + way))
	}
	if w.kind != models.MailQuestion {
		return Block{Kind: Paragraph, Text: next}
	}
	if w.facts.AnswerBy.IsZero() {
		return Block{Kind: Paragraph, Text: next + " " + w.say("mail.answer_soon")}
	}
	return Block{Kind: Paragraph, Text: next + " " + w.sayWith("mail.answer_by", "day", dayIn(w.words, w.facts.AnswerBy))}
}

// wayOut is which words say how a failed request goes on for which the values of today are not all; "" for any other mail.
func (w *letterWriter) wayOut() string {
	way := ""
	switch w.facts.Reason {
	case "no_longer_valid":
		way = "unfit"
	case "until_past":
		way = "past"
	}
	for _, c := range w.facts.Conflicts {
		if c.Closed {
			way = "closed"
		}
	}
	return way
}

// action is the one thing to do, with its address in full.
func (w *letterWriter) action() Block {
	key := w.special("mail.action." + string(w.kind))
	if !w.words.Has(key) {
		key = "mail.action"
	}
	return Block{Kind: Link, Text: w.say(key), URL: w.link()}
}

func (w *letterWriter) link() string {
	number := w.facts.Number
	if w.facts.Revert != "" {
		number = w.facts.Revert
	}
	if w.kind == models.MailCheckpoint {
		return w.base + "/verwaltung/protokoll"
	}
	if strings.HasPrefix(string(w.kind), "policy_") {
		return w.base + "/freigaberegeln/" + url.PathEscape(oneLine(w.facts.AGS))
	}
	if number == "" {
		return w.base + "/formulare/" + url.PathEscape(oneLine(w.facts.AGS)) + "/" + url.PathEscape(oneLine(w.facts.Assistant))
	}
	return w.base + "/auftraege/" + url.PathEscape(oneLine(number))
}

func (w *letterWriter) footer() Block {
	made := "mail.footer.automatic"
	if w.args["actor"] != "" {
		made = "mail.footer.office"
	}
	return Block{Kind: Footer, Items: []string{w.say(made), w.say("mail.footer.mailbox")}}
}

func dayIn(c Catalogue, d calendar.Day) string { return d.In(c.Lang()) }

// howLong says how long in the two largest units: "2 Tage und 3 Stunden".
func howLong(c Catalogue, d time.Duration) string {
	minutes := max(1, int(d.Round(time.Minute)/time.Minute))
	days, hours, minutes := minutes/(24*60), minutes/60%24, minutes%60
	switch {
	case days > 0:
		return amounts(c, "day", days, "hour", hours)
	case hours > 0:
		return amounts(c, "hour", hours, "minute", minutes)
	}
	return amount(c, "minute", minutes)
}

func amounts(c Catalogue, long string, n int, short string, m int) string {
	if m == 0 {
		return amount(c, long, n)
	}
	return c.Say("mail.time.and", map[string]any{"long": amount(c, long, n), "short": amount(c, short, m)})
}

func amount(c Catalogue, unit string, n int) string {
	if n == 1 {
		return c.Say("mail.time."+unit, nil)
	}
	return c.Say("mail.time."+unit+"s", map[string]any{"n": n})
}
