package handlers

import (
	"context"
	"strconv"
	"sync"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
	"formwandel/models/network"
)

// gate lets in so much at once, and of one person so much: what is expensive
// queues before it, instead of starving everybody else.
type gate struct {
	room, each int64

	mu    sync.Mutex
	in    int64
	of    map[string]int64
	freed chan struct{} // closed when somebody leaves
}

func newGate(room, each int64) *gate {
	return &gate{room: room, each: each, of: map[string]int64{}, freed: make(chan struct{})}
}

// enter waits until there is room for so much of a person; whoever waits as
// long as the context lasts is asked to try again.
func (g *gate) enter(ctx context.Context, who string, much int64) (leave func(), err error) {
	much = min(much, g.each)
	for {
		g.mu.Lock()
		if g.in+much <= g.room && g.of[who]+much <= g.each {
			g.in += much
			g.of[who] += much
			g.mu.Unlock()
			return func() { g.leave(who, much) }, nil
		}
		freed := g.freed
		g.mu.Unlock()
		select {
		case <-freed:
		case <-ctx.Done():
			return nil, &models.Error{Kind: models.Busy, Code: "crowded"}
		}
	}
}

func (g *gate) leave(who string, much int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.in -= much
	if g.of[who] -= much; g.of[who] == 0 {
		delete(g.of, who)
	}
	close(g.freed)
	g.freed = make(chan struct{})
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
func (d *door) costly(c *fiber.Ctx) error {
	if err := d.spend(c, costlyCall); err != nil {
		return err
	}
	ctx, stop := patiently(c)
	defer stop()
	leave, err := d.long.enter(ctx, who(c), 1)
	if err != nil {
		return err
	}
	defer leave()
	return c.Next()
}

// costlySearch stands before a list that is costly only when words are looked for.
func (d *door) costlySearch(c *fiber.Ctx) error {
	if c.Query("q") == "" {
		return c.Next()
	}
	return d.costly(c)
}
