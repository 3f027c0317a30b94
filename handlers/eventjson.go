package handlers

import (
	"time"

	"formwandel/models"
	"formwandel/models/fields"
)

// eventJSON is an entry of the history.
type eventJSON struct {
	Seq       int64             `json:"seq"`
	At        time.Time         `json:"at"`
	Actor     models.Person     `json:"actor"`
	Action    models.Action     `json:"action"`
	From      *models.Status    `json:"from"`
	To        *models.Status    `json:"to"`
	Version   int               `json:"version"`
	Comment   string            `json:"comment"`
	Internal  bool              `json:"internal"`
	Changes   []changeJSON      `json:"changes"`
	Effective *fields.Effective `json:"effective"`
	Late      *int64            `json:"late"`
	Reason    string            `json:"reason,omitempty"`
	Conflicts []conflictJSON    `json:"conflicts,omitempty"`
	Assigned  *models.Person    `json:"assigned,omitempty"`
	Other     string            `json:"other,omitempty"`
	Gone      string            `json:"gone,omitempty"`
	Token     *tokenLink        `json:"token,omitempty"`
	Hash      string            `json:"hash"`
}

// tokenLink names the API token that something was done with.
type tokenLink struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

func eventOf(h models.History, locale string) eventJSON {
	out := eventJSON{
		Seq: h.Seq, At: h.At.UTC(), Actor: h.Actor, Action: h.Action, From: statusOrNil(h.From), To: statusOrNil(h.To), Version: h.Version, Comment: h.Comment,
		Internal: h.Internal, Effective: h.Effective, Reason: h.Reason, Assigned: h.Assigned, Other: h.Other, Gone: h.Gone, Hash: h.Hash,
	}
	var when fields.Effective
	if h.Effective != nil {
		when = *h.Effective
	}
	out.Changes = changesOf(h.EventData.Changes, h.Fields, when, locale)
	if h.Late > 0 {
		out.Late = &h.Late
	}
	if h.Token != 0 {
		out.Token = &tokenLink{h.Token, h.By}
	}
	out.Conflicts = conflictsOf(h.Conflicts)
	return out
}

func statusOrNil(s models.Status) *models.Status {
	if s == "" {
		return nil
	}
	return &s
}
