package handlers

import (
	"strconv"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
)

// What a call costs, and for how many seconds a person may save up. The rate
// is generous: it stops a program that has run wild, never a person's work.
const (
	plainCall  = 1
	costlyCall = 20
	savedUp    = 10 // seconds
	mostPurses = 10_000
)

// purses hold what each person may still spend on this instance; who has not
// spent for long has a full one and needs none.
type purses struct {
	rate float64 // a second; 0 = no limit

	mu sync.Mutex
	of map[string]purse
}

type purse struct {
	left float64
	at   time.Time
}

func newPurses(rate int) *purses { return &purses{rate: float64(rate), of: map[string]purse{}} }

// spend takes the cost of a call; otherwise it says how long to wait.
func (p *purses) spend(who string, cost float64, now time.Time) (wait time.Duration) {
	if p.rate == 0 {
		return 0
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	mine, known := p.of[who]
	if !known {
		p.makeRoom(now)
		mine = purse{p.rate * savedUp, now}
	}
	if gone := now.Sub(mine.at).Seconds(); gone > 0 {
		mine.left = min(p.rate*savedUp, mine.left+gone*p.rate)
	}
	mine.at = now
	if mine.left < cost {
		p.of[who] = mine
		return time.Duration((cost - mine.left) / p.rate * float64(time.Second))
	}
	mine.left -= cost
	p.of[who] = mine
	return 0
}

// makeRoom forgets full purses; when none is full, everybody begins anew.
func (p *purses) makeRoom(now time.Time) {
	if len(p.of) < mostPurses {
		return
	}
	for who, one := range p.of {
		if now.Sub(one.at).Seconds() >= savedUp {
			delete(p.of, who)
		}
	}
	if len(p.of) >= mostPurses {
		clear(p.of)
	}
}

// spend refuses a call of somebody who makes too many.
func (d *door) spend(c *fiber.Ctx, cost float64) error {
	wait := d.purses.spend(who(c), cost, d.Now())
	if wait == 0 {
		return nil
	}
	seconds := strconv.Itoa(int(wait/time.Second) + 1)
	c.Set(fiber.HeaderRetryAfter, seconds)
	return &models.Error{Kind: models.Limited, Code: "too_many_calls", Args: map[string]any{"seconds": seconds}}
}

// measured counts a call of the API.
func (d *door) measured(c *fiber.Ctx) error {
	if err := d.spend(c, plainCall); err != nil {
		return err
	}
	return c.Next()
}
