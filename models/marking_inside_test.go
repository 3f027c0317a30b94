package models

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestMarksWaitAMomentForHalfOfThoseWhoAskAgain, and no longer: who does not come holds up nobody.
func TestMarksWaitAMomentForHalfOfThoseWhoAskAgain(t *testing.T) {
	for name, c := range map[string]struct {
		meanwhile, answered, again int
		want                       time.Duration
	}{
		"the first of all":                {},
		"one who asks alone":              {answered: 1, again: 1},
		"all of three":                    {answered: 3, again: 3},
		"three, while two more have come": {meanwhile: 2, answered: 3, again: 3},
		"two of three":                    {answered: 3, again: 2},
		"half of six":                     {answered: 6, again: 3},
		"one of three":                    {answered: 3, again: 1, want: markMoment},
		"nobody":                          {answered: 3, want: markMoment},
	} {
		synctest.Test(t, func(t *testing.T) {
			m := marking{more: make(chan struct{}, 1), waiting: make([]*markCall, c.meanwhile)}
			m.expect(c.answered)
			for range c.again {
				go func() {
					m.mu.Lock()
					m.waiting = append(m.waiting, &markCall{})
					m.mu.Unlock()
					nudge(m.more)
				}()
			}
			began := time.Now()
			m.gather()
			if waited := time.Since(began); waited != c.want {
				t.Errorf("%s: waited %v, want %v", name, waited, c.want)
			}
			if got, all := len(m.take()), c.meanwhile+c.again; got > all || c.want == 0 && 2*got < c.meanwhile+c.answered {
				t.Errorf("%s: %d of %d are written together", name, got, all)
			}
			if !m.complete() {
				t.Errorf("%s: somebody is still waited for", name)
			}
			time.Sleep(time.Second) // so that nobody is left
		})
	}
}
