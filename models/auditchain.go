package models

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// walk is where the audit of one chain stands.
type walk struct {
	a     *audit
	head  Head
	kept  []keptHead
	whole int64  // the last event that something kept outside has confirmed
	want  int64  // the next event's number
	prev  string // the hash of the event before, "" if that is missing
	gaps  gaps   // words that were taken out
}

// walk begins at a chain's first event.
func (a *audit) walk(head Head) *walk {
	w := &walk{a: a, head: head, want: 1, kept: a.kept[head.Chain]}
	a.office = a.office || head.Chain == Installation
	delete(a.kept, head.Chain)
	return w
}

// missing reports what is not there before an event.
func (w *walk) missing(until int64) {
	if w.want < until {
		w.a.missing(w.want, until, "municipality %s event %d", w.head.Chain)
		w.want, w.prev = until, ""
	}
}

// progress is how often an audit tells how far it is, in events.
const progress = 50_000

// next takes one event; intact tells whether its hash is that of its words.
func (w *walk) next(e *Event, intact bool) {
	a := w.a
	if a.report.Events++; a.Progress != nil && a.report.Events%progress == 0 {
		a.Progress(a.report.Events)
	}
	w.missing(e.Seq)
	switch {
	case !intact:
		a.found("changed", "municipality %s event %d", w.head.Chain, e.Seq)
	case e.Seq < w.want:
		a.found("is out of its place", "municipality %s event %d", w.head.Chain, e.Seq)
	case e.Prev != w.prev && (w.prev != "" || e.Seq == 1):
		a.found("does not follow the event before it", "municipality %s event %d", w.head.Chain, e.Seq)
	}
	w.compare(e)
	a.hear(e)
	w.gaps.hear(e)
	w.prev, w.want = e.Hash, max(w.want, e.Seq+1)
}

// compare holds an event against what is known of it outside.
func (w *walk) compare(e *Event) {
	for len(w.kept) > 0 && w.kept[0].seq <= e.Seq {
		k := w.kept[0]
		w.kept = w.kept[1:]
		switch {
		case k.seq == e.Seq && k.hash == e.Hash:
			w.whole = e.Seq
		case k.seq == e.Seq:
			w.a.found(fmt.Sprintf("is not the one in %s: written anew behind event %d", k.where, w.whole), "municipality %s event %d", w.head.Chain, e.Seq)
		}
	}
}

// end holds the last event against the head.
func (w *walk) end() {
	a := w.a
	for _, seq := range w.gaps.unexplained() {
		a.found("its words were taken out, and no event says so", "municipality %s event %d", w.head.Chain, seq)
	}
	w.missing(w.head.Seq + 1)
	if w.want > w.head.Seq+1 || (w.head.Seq == 0 && w.head.Hash != "") || (w.prev != "" && w.prev != w.head.Hash) {
		a.found("head is not the last event", "municipality %s chain", w.head.Chain)
	}
	if n := len(w.kept); n > 0 {
		a.found(fmt.Sprintf("ends before event %d of %s: event %d is the last", w.kept[n-1].seq, w.kept[n-1].where, w.want-1), "municipality %s chain", w.head.Chain)
	}
}

// heard is what a chain says of one request.
type heard struct {
	ags       string
	last      said      // the last step
	at        time.Time // when the row was written last
	row       string
	approvals []approved
	documents []EventData
	config    int64 // the last version that it made
	cast      cast  // who took part
}

// hearActor remembers who took part, each once.
func (h *heard) hearActor(e *Event) {
	if e.ActorID == nil || h.cast.names(e.ActorID) && e.Action != Assign || e.Internal && slices.Contains(h.cast.internal, *e.ActorID) {
		return
	}
	of := Event{ActorID: e.ActorID, Internal: e.Internal}
	if e.Action == Assign {
		of.Data = e.Data
	}
	if h.cast.join(of) == nil { // a changed event is found as such
		h.cast = h.cast.once()
	}
}

// said is the last step of a request.
type said struct {
	to      Status
	version int
	data    string
}

// approved is an approval as its event tells it.
type approved struct {
	user    int64
	version int
	at      time.Time
	data    string
	voided  []time.Time // when it may have become void
	void    bool        // it has
}

// voiding are the steps after which no approval counts that was given before. An answer is one if it comes with an edit.
var voiding = func() map[Action]bool {
	out := map[Action]bool{Answer: false}
	for action, rs := range rules {
		if slices.ContainsFunc(rs, func(r rule) bool { return r.voids }) {
			out[action] = true
		}
	}
	return out
}()

// hearVoid remembers that approvals may have become void.
func (h *heard) hearVoid(e *Event) {
	surely, may := voiding[e.Action]
	for i := range h.approvals {
		if x := &h.approvals[i]; may && !x.void {
			x.voided, x.void = append(x.voided, e.At), surely
		}
	}
}

// isVoidSince tells whether an approval became void then, or never has.
func (e approved) isVoidSince(at *time.Time) bool {
	return at == nil || slices.ContainsFunc(e.voided, at.Equal)
}

// hear remembers what an event says of something that stands in a table.
func (a *audit) hear(e *Event) {
	a.hearGrant(e)
	a.outbox.hear(e)
	if e.RequestID == nil {
		a.hearOffice(e)
		return
	}
	h := a.heard[*e.RequestID]
	if h == nil {
		h = &heard{ags: e.AGS}
		a.heard[*e.RequestID] = h
	}
	if strings.Contains(e.Data, `"row":`) && e.Action != Attach {
		h.row = strings.Clone(e.Data) // what is kept holds no more of an event than it needs
	}
	if e.moves() {
		h.at = e.At
	}
	h.hearVoid(e)
	h.hearActor(e)
	switch e.Action {
	case Comment, DueSoon, Overdue, PredecessorGone, Revert:
		return
	case Attach:
		if d, err := e.Decode(); err == nil {
			h.documents = append(h.documents, d)
		}
		return
	case Approve:
		if e.ActorID != nil {
			h.approvals = append(h.approvals, approved{user: *e.ActorID, version: e.Version, at: e.At, data: strings.Clone(e.Data)})
		}
	}
	h.last = said{Status(strings.Clone(string(e.To))), e.Version, strings.Clone(e.Data)}
	if d, ok := configOf(e); ok {
		a.spoken[d.ConfigHash] = true
		h.config = max(h.config, d.Config)
	}
}

// configOf is what an event says of a version that came about with it.
func configOf(e *Event) (EventData, bool) {
	if !strings.Contains(e.Data, `"config":`) {
		return EventData{}, false
	}
	d, err := e.Decode()
	return d, err == nil // a changed event is found as such
}

// hearOffice remembers what an event of no request says: of forms, accounts, policies, checkpoints.
func (a *audit) hearOffice(e *Event) {
	if d, ok := configOf(e); ok {
		a.spoken[d.ConfigHash] = true
		if e.FormID != nil {
			a.said[*e.FormID] = max(a.said[*e.FormID], d.Config)
			a.hearForm(*e.FormID, e.AGS, d.Subject)
		} else {
			name := d.Subject + " " + strconv.FormatInt(d.Config, 10)
			a.known[name], a.imported[name] = d.ConfigHash, e.At
			a.newest[d.Subject] = d.Config
			a.assistants.named[d.Subject] = "an event"
		}
		return
	}
	if strings.Contains(e.Data, `"subject":"user `) {
		a.hearAccount(e)
	}
	switch e.Action {
	case "policy":
		a.policy[e.AGS] = strings.Clone(e.Comment)
		a.hearPolicy(e)
	case "policy_propose", "policy_decline", "policy_withdraw":
		a.hearPolicy(e)
	case "import_municipalities", "office_mail", "municipality_change":
		a.hearTown(e)
	case "checkpoint", "signing_key":
		if d, err := e.Decode(); err == nil {
			a.signed[d.Subject] = d.File
			a.seen = max(a.seen, d.Seen)
			if e.Action == "signing_key" {
				a.keyed = append(a.keyed, keySaid{strings.Clone(d.Subject), e.At})
			}
		}
	case "import_assistant":
		a.hearImport(e)
	case "token_create", "token_revoke":
		a.hearToken(e)
	case "factor_roles":
		a.factors = sortedWords(e.Comment)
	case "calendar_link", "calendar_unlink", ForgetUser:
		a.hearCalendar(e)
	case "retention_policy", "seal_key", "factor_key":
		a.hearSetting(e)
	case "retention_run":
		a.runs[runSaid(e.At, e.Comment)]++
	case EmptyRequest:
		a.hearEmptied(e)
	}
}
