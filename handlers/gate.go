package handlers

import (
	"context"
	"slices"
	"strconv"
	"sync"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
	"formwandel/models/network"
)

// gate lets in so much at once, and of one person so much: what is expensive
// queues before it, instead of starving everybody else. Who waits is let in in
// the order in which they came, but of a person one after another's: who asks
// for fifty things at once waits for the second one behind all others.
type gate struct {
	room, each int64

	mu    sync.Mutex
	in    int64
	of    map[string]int64
	queue []*queued
}

// queued is somebody before a gate.
type queued struct {
	who  string
	much int64
	in   chan struct{} // closed when they are let in
}

func newGate(room, each int64) *gate {
	return &gate{room: room, each: each, of: map[string]int64{}}
}

// enter waits until there is room for so much of a person; whoever waits as
// long as the context lasts is asked to try again.
func (g *gate) enter(ctx context.Context, who string, much int64) (leave func(), err error) {
	w := &queued{who, min(much, g.each), make(chan struct{})}
	g.mu.Lock()
	g.queue = append(g.queue, w)
	g.admit()
	g.mu.Unlock()
	select {
	case <-w.in:
	case <-ctx.Done():
		g.mu.Lock()
		defer g.mu.Unlock()
		if i := slices.Index(g.queue, w); i >= 0 { // not let in at the last moment
			g.queue = slices.Delete(g.queue, i, i+1)
			return nil, &models.Error{Kind: models.Busy, Code: "crowded"}
		}
	}
	return func() { g.leave(w) }, nil
}

// admit lets in whom there is room for.
func (g *gate) admit() {
	for {
		i := slices.IndexFunc(g.queue, func(w *queued) bool { return g.in+w.much <= g.room && g.of[w.who]+w.much <= g.each })
		if i < 0 {
			return
		}
		w := g.queue[i]
		g.queue = slices.Delete(g.queue, i, i+1)
		slices.SortStableFunc(g.queue, func(a, b *queued) int { return behind(a, w) - behind(b, w) })
		g.in += w.much
		g.of[w.who] += w.much
		close(w.in)
	}
}

// behind is 1 for whoever waits behind all others now that w was let in: the same person.
func behind(a, w *queued) int {
	if a.who == w.who {
		return 1
	}
	return 0
}

func (g *gate) leave(w *queued) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.in -= w.much
	if g.of[w.who] -= w.much; g.of[w.who] == 0 {
		delete(g.of, w.who)
	}
	g.admit()
}

// patiently is how long one waits before a gate: half of what a request may take.
func patiently(c *fiber.Ctx) (context.Context, context.CancelFunc) {
	return context.WithTimeout(c.UserContext(), answerTimeout/2)
}

// who names the caller before gates: the person, or the network of somebody unknown.
func who(c *fiber.Ctx) string {
	if u := user(c); u.ID != 0 {
		return strconv.FormatInt(u.ID, 10)
	}
	return network.Named(c.IP())
}

// costly stands before what takes long: figures, calendars, searches.
func (d *door) costly(c *fiber.Ctx) error { return d.before(d.long, c) }

// export stands before what gathers a file out of many rows: that
// takes longest, so it has a line of its own, and nobody's search waits behind it.
func (d *door) export(c *fiber.Ctx) error { return d.before(d.exports, c) }

// before lets a costly call through a gate; behind it, it gives way to all that is not costly.
func (d *door) before(g *gate, c *fiber.Ctx) error {
	if err := d.spend(c, costlyCall); err != nil {
		return err
	}
	ctx, stop := patiently(c)
	defer stop()
	leave, err := g.enter(ctx, who(c), 1)
	if err != nil {
		return err
	}
	defer leave()
	lowered, err := givingWay(c.Next)
	if lowered != nil {
		d.unlowered.Do(func() {
			d.Log.Warn("searches and exports have the same priority as everything else: may the program call setpriority? (docs/security/hardening.md)", "error", lowered)
		})
	}
	return err
}

// costlySearch stands before a list that is costly only when words are looked for.
func (d *door) costlySearch(c *fiber.Ctx) error {
	if c.Query("q") == "" {
		return c.Next()
	}
	return d.costly(c)
}
