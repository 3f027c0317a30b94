package models

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestMarksWaitAMomentForHalfOfThoseWhoAskAgain, and no longer: who does not come holds up nobody.
func TestMarksWaitAMomentForHalfOfThoseWhoAskAgain(t *testing.T) {
	const apart = markMoment / 10 // between one who asks again and the next
	for name, c := range map[string]struct {
		meanwhile, answered, again int
		want                       time.Duration
		written                    int
	}{
		"the first of all":                {},
		"one who asks alone":              {answered: 1, again: 1, want: apart, written: 1},
		"two of three":                    {answered: 3, again: 3, want: 2 * apart, written: 2},
		"three of six":                    {answered: 6, again: 6, want: 3 * apart, written: 3},
		"three, while two more have come": {meanwhile: 2, answered: 3, again: 3, want: apart, written: 3},
		"three of whom two have gone":     {answered: 3, again: 1, want: markMoment, written: 1},
		"nobody":                          {answered: 3, want: markMoment},
	} {
		synctest.Test(t, func(t *testing.T) {
			m := marking{more: make(chan struct{}, 1), waiting: make([]*markCall, c.meanwhile)}
			m.expect(c.answered)
			for i := range c.again {
				go func() {
					time.Sleep(time.Duration(i+1) * apart)
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
			if got := len(m.take()); got != c.written {
				t.Errorf("%s: %d are written together, want %d", name, got, c.written)
			}
			if !m.complete() {
				t.Errorf("%s: somebody is still waited for", name)
			}
			time.Sleep(time.Second) // so that nobody is left
		})
	}
}
