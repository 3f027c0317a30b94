package models

import (
	"context"
	"sync"
	"time"
)

// marking gathers small updates of the outbox that several mail workers ask
// for at once, so that they share one commit: each is on disk before its
// caller goes on, and one that is refused does not hold up the others.
type marking struct {
	mu       sync.Mutex
	waiting  []*markCall
	expected int           // how many are likely to ask soon
	busy     bool          // somebody writes, or waits for more to write
	more     chan struct{} // tells who waits
}

// markCall is one update and where its outcome goes.
type markCall struct {
	make func(now time.Time) write
	seen *SecurityEvent // what is to be written into the security log instead
	mail *mailMark      // or what became of a mail
	want int64
	hit  int64
	done chan error
}

// mark runs one small update by the database's clock, together with those
// that others ask for meanwhile. Whose time is over waits no longer; the update is written all the same.
func (s *Store) mark(ctx context.Context, update func(now time.Time) write) error {
	return s.marked(ctx, &markCall{make: update})
}

func (s *Store) marked(ctx context.Context, call *markCall) error {
	call.done = make(chan error, 1)
	s.marking.mu.Lock()
	s.marking.waiting = append(s.marking.waiting, call)
	lead := !s.marking.busy
	s.marking.busy = true
	s.marking.mu.Unlock()
	if lead {
		go s.writeMarks(context.WithoutCancel(ctx))
	} else {
		nudge(s.marking.more)
	}
	select {
	case err := <-call.done:
		return err
	case <-ctx.Done():
		return trouble(ctx.Err())
	}
}

// writeMarks writes what waits, until nothing has come for a while: a goroutine that has written has the deep stack that
// the database needs, and a new one would grow it for every few updates.
func (s *Store) writeMarks(ctx context.Context) {
	for {
		s.marking.gather()
		if calls := s.marking.take(); len(calls) > 0 {
			patient, done := context.WithTimeout(ctx, markPatience)
			s.markTogether(patient, calls)
			done()
		} else if !s.marking.wait() && s.marking.relieve() {
			return
		}
	}
}

// gather waits a moment for half of those who are likely to ask again: who was answered by the last commit, and who asked meanwhile.
// Without it the first to come would have a commit of its own, and the others would wait for that one and for theirs; with
// all of them nobody would be left to work while the commit is on its way to the disk.
func (m *marking) gather() {
	if m.complete() {
		return
	}
	moment := time.NewTimer(markMoment)
	defer moment.Stop()
	for !m.complete() {
		select {
		case <-m.more:
		case <-moment.C:
			return
		}
	}
}

// markMoment is how long updates wait for others, at most: less than a commit takes, so that who waits in vain loses little.
const markMoment = 500 * time.Microsecond

// complete tells whether so many ask that it is worth a commit.
func (m *marking) complete() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return 2*len(m.waiting) >= m.expected
}

// expect notes how many are likely to ask soon, now that some are about to be answered.
func (m *marking) expect(answered int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.expected = answered + len(m.waiting)
}

// take is what waits.
func (m *marking) take() []*markCall {
	m.mu.Lock()
	defer m.mu.Unlock()
	calls := m.waiting
	m.waiting, m.expected = nil, 0
	return calls
}

// relieve lets the one go who writes, unless something has come at the last moment.
func (m *marking) relieve() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.busy = len(m.waiting) > 0
	return !m.busy
}

// wait tells whether something more has come.
func (m *marking) wait() bool {
	idle := time.NewTimer(markIdle)
	defer idle.Stop()
	select {
	case <-m.more:
		return true
	case <-idle.C:
		return false
	}
}

// markIdle is how long one who writes updates waits for more.
const markIdle = time.Second

// markPatience is how long a batch of updates may take, also where each has to be tried on its own: a database that is
// away would let each of them wait.
const markPatience = 30 * time.Second

// markTogether writes updates in one transaction; when the database refuses it for the sake of one of them, each on its own.
func (s *Store) markTogether(ctx context.Context, calls []*markCall) {
	err := s.write(ctx, clockUser, func(t *tx) error { return t.writeEach(calls) })
	if lookAgain(calls, err) {
		s.markTogether(ctx, calls)
		return
	}
	if err != nil && len(calls) > 1 {
		for _, c := range calls {
			s.markTogether(ctx, []*markCall{c})
		}
		return
	}
	s.marking.expect(len(calls))
	for _, c := range calls {
		c.done <- c.outcome(err) // its caller may have gone: there is room for it
	}
}

// writeEach queues the updates; each notes how many rows it touched.
func (t *tx) writeEach(calls []*markCall) error {
	if err := t.tick(); err != nil {
		return err
	}
	if err := t.markMails(calls); err != nil {
		return err
	}
	for _, c := range calls {
		if c.mail != nil {
			continue
		}
		if c.seen != nil {
			c.want = -1
			t.witness(*c.seen)
			continue
		}
		w := c.make(t.now)
		c.want, w.want, w.hit = w.want, -1, &c.hit
		if x := w.touches; x != nil {
			t.touch(*x)
		}
		t.queue = append(t.queue, w)
	}
	return nil
}

// outcome is what became of one update once the commit is over.
func (c *markCall) outcome(err error) error {
	if err == nil && c.want >= 0 && c.hit != c.want {
		return conflict("stale")
	}
	return err
}
