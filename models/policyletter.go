package models

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// aboutPolicy adds to a letter what was proposed; of what was typed only why it was declined.
func (l *lettering) aboutPolicy(f *MailFacts, e Event, d EventData) error {
	if e.Action != "policy_decline" {
		f.Comment = "" // the policy itself, which is said number by number
	}
	if e.Action != "policy_propose" {
		var err error
		if e, d, err = l.proposed(e.AGS, d); err != nil {
			return err
		}
	}
	var was, now PolicyRules
	err := cmp.Or(decode(d.Policy, &was), decode(e.Comment, &now))
	f.Policy = l.cat.policyDifferences(was, now)
	return err
}

// proposed reads the event that made the proposal which another one decides on.
func (l *lettering) proposed(ags string, d EventData) (e Event, data EventData, err error) {
	seq, err := strconv.ParseInt(strings.TrimPrefix(d.Subject, proposalSubject), 10, 64)
	if err == nil {
		err = l.tx.db.Raw(`SELECT * FROM events WHERE ags = ? AND seq = ?`, ags, seq).Scan(&e).Error
	}
	if err == nil && e.Seq == 0 {
		err = fmt.Errorf("municipality %s has no event %d", ags, seq)
	}
	if err == nil {
		data, err = e.Decode()
	}
	return e, data, err
}
