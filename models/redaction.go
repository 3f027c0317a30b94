package models

import (
	"context"
	"slices"
	"strconv"
	"strings"
)

// What people typed can be taken out of an event and leave the chain whole: its
// hash covers a salted digest of the words, and a later event says who took them out.

// saltBytes is how much chance is in a salt: enough that nobody finds short words by trying.
const saltBytes = 16

// Acts that take words out of the record.
const (
	EmptyRequest Action = "request_empty" // all that people typed into a request
	RedactEvent  Action = "event_redact"  // the words of one event
)

// goneMark begins the salt of an event whose words are gone; their digest follows.
const goneMark = "="

// Redacted tells whether words were here that have been taken out.
func (e *Event) Redacted() bool { return strings.HasPrefix(e.Salt, goneMark) }

// typed is what an event's hash holds of its comment: the text itself where there is no salt, else a digest.
func (e *Event) typed() string {
	switch {
	case e.Salt == "":
		return e.Comment
	case e.Redacted() && e.Comment == "":
		return strings.TrimPrefix(e.Salt, goneMark)
	}
	return digest(e.Salt, e.Comment)
}

// redact takes an event's words out; it tells whether that could be done. What
// was recorded before words were salted is part of the hash itself and stays.
func (t *tx) redact(e *Event) bool {
	if e.Comment == "" || e.Salt == "" || e.Redacted() {
		return false
	}
	t.must(1, `UPDATE events SET comment = '', salt = ? WHERE ags = ? AND seq = ?`, goneMark+e.typed(), e.AGS, e.Seq)
	return true
}

// maxWhy bounds the reason for taking words out, in characters.
const maxWhy = 200

// Redact takes the words of one event out of a request's history, because they
// should never have been typed. It is the operator's act and recorded with its reason.
func (s *Store) Redact(ctx context.Context, requestNumber string, seq int64, why string) error {
	var f findings
	if why = text(why, "reason", maxWhy, &f); why == "" {
		f.add("reason", "text_required")
	} else if strings.ContainsAny(why, "\n\t") {
		f.add("reason", "control_character")
	}
	if err := f.err(); err != nil {
		return err
	}
	ags, err := s.whose(ctx, clockUser, requestNumber)
	if err != nil {
		return err
	}
	err = s.write(ctx, clockUser, func(t *tx) error {
		if err := t.enter(ags); err != nil {
			return err
		}
		r, err := t.loadRequest(requestNumber)
		if err != nil {
			return err
		}
		var es []Event
		if err := t.db.Where("ags = ? AND seq = ? AND request_id = ?", ags, seq, r.ID).Find(&es).Error; err != nil {
			return err
		}
		if len(es) == 0 {
			return notFound("event")
		}
		if !t.redact(&es[0]) {
			return conflict("nothing_to_redact")
		}
		if _, err := t.record(Event{Action: RedactEvent, Comment: why}, EventData{Subject: "event " + strconv.FormatInt(seq, 10), Other: r.Number}); err != nil {
			return err
		}
		return t.refind(r)
	})
	if err != nil {
		return err
	}
	return s.scour(ctx)
}

// refind makes a request findable by what it says after this transaction's writes.
func (t *tx) refind(r *Request) error {
	if err := t.flush(); err != nil {
		return err
	}
	return t.reindex(r)
}

// gaps are the words that were taken out of a chain, and the events that say so.
type gaps struct {
	at    map[int64]int64 // event → its request
	empty map[int64]int64 // request → the last event that says that it was emptied
	said  map[int64]bool  // events of which one says so
}

func (g *gaps) hear(e *Event) {
	if g.at == nil {
		*g = gaps{map[int64]int64{}, map[int64]int64{}, map[int64]bool{}}
	}
	if e.Redacted() && e.RequestID != nil {
		g.at[e.Seq] = *e.RequestID
	}
	if e.Action != EmptyRequest && e.Action != RedactEvent {
		return
	}
	d, err := e.Decode()
	if err != nil {
		return // a changed event is found as such
	}
	kind, text, _ := strings.Cut(d.Subject, " ")
	id, _ := strconv.ParseInt(text, 10, 64) // 0 is nobody's
	switch {
	case e.Action == EmptyRequest && kind == "request":
		g.empty[id] = e.Seq
	case e.Action == RedactEvent && kind == "event":
		g.said[id] = true
	}
}

// unexplained are the events whose words are gone without anybody having said so.
func (g *gaps) unexplained() (out []int64) {
	for seq, request := range g.at {
		if !g.said[seq] && g.empty[request] < seq {
			out = append(out, seq)
		}
	}
	slices.Sort(out)
	return out
}

// hearEmptied remembers that a request has lost its words and documents: its row is as this event has sealed it.
func (a *audit) hearEmptied(e *Event) {
	d, err := e.Decode()
	if err != nil {
		return // a changed event is found as such
	}
	id, _ := strconv.ParseInt(strings.TrimPrefix(d.Subject, "request "), 10, 64) // 0 is nobody's
	if h := a.heard[id]; h != nil && h.ags == e.AGS {
		h.row, h.documents = e.Data, nil
	}
}
