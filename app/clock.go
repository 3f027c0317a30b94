package main

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"formwandel/models"
)

// now is the one place that asks this machine for the time.
func now() time.Time { return time.Now() }

// clock knocks at the store's door: "what is due?". It knows no rules.
type clock struct {
	store  *models.Store
	config *Config
	log    *slog.Logger
	told   time.Time // when the log has heard that the record has gone back
	warned time.Time // when it has heard that rows were moved past the program
}

// tick is the longest it sleeps: within a second of midnight everything due is begun.
const tick = time.Second

// shortest is how long it sleeps at least: what is due and left belongs to another instance.
const shortest = 50 * time.Millisecond

// housekeeping is how often the records are tidied up.
const housekeeping = time.Hour

// sealing is how often it is asked whether the day's checkpoint is due.
const sealing = time.Minute

// run knocks until ctx ends.
func (k *clock) run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	cleaned, sealed, noted, unnoted := time.Time{}, time.Time{}, time.Time{}, time.Time{}
	for {
		select {
		case <-ctx.Done():
			k.lastNote(ctx)
			return
		case <-k.store.ClockWake():
		case <-timer.C:
		}
		timer.Reset(k.knock(ctx))
		if at := now(); at.Sub(sealed) > sealing {
			sealed = at
			k.seal(ctx)
		}
		if at := now(); at.Sub(noted) > noting {
			noted = at
			if err := errors.Join(k.note(context.WithoutCancel(ctx)), k.watch(ctx)); err != nil && ctx.Err() == nil && at.Sub(unnoted) > reminding {
				unnoted = at
				k.log.Warn("it is not noted where the record ends, or not known whether rows were moved past the program", "error", err)
			}
		}
		if at := now(); at.Sub(cleaned) > housekeeping {
			cleaned = at
			if err := k.store.Tidy(ctx); err != nil && ctx.Err() == nil {
				k.log.Warn("not tidied up", "error", err)
			}
			k.expire(ctx)
		}
	}
}

// expire lets the store delete what has had its time, once a day.
func (k *clock) expire(ctx context.Context) {
	report, err := k.store.ExpireDaily(ctx)
	if report != nil && report.Held() != nil {
		k.log.Error("the record says otherwise than the rows of what would have been deleted, and it was left: run `formwandel audit verify`", "left", strings.Join(report.Held(), ", "))
	}
	if report != nil {
		_, stays := dropOldLetters(k.config.Data, report.Rules, false)
		err = errors.Join(err, stays)
	}
	if err != nil && ctx.Err() == nil {
		k.log.Warn("what has had its time was not deleted", "error", err)
	}
}

// knock lets the store do what is due and returns how long to sleep.
func (k *clock) knock(ctx context.Context) time.Duration {
	if err := k.store.RefreshCatalogue(ctx); err != nil && ctx.Err() == nil {
		k.log.Warn("catalogue not refreshed", "error", err)
	}
	if err := k.store.AnswerResets(context.WithoutCancel(ctx)); err != nil && ctx.Err() == nil {
		k.log.Error("resets were not answered", "error", err)
	}
	steps, next, err := k.store.Knock(context.WithoutCancel(ctx))
	if err != nil && ctx.Err() == nil {
		k.log.Error("the clock could not do what is due", "error", err)
		return tick
	}
	if steps > 0 {
		k.log.Info("the clock took steps", "steps", steps)
	}
	return max(shortest, min(tick, next))
}

// seal makes the day's checkpoint; another instance does it where the key is not here.
func (k *clock) seal(ctx context.Context) {
	err := seal(context.WithoutCancel(ctx), k.store, k.config, k.log)
	if errors.Is(err, models.ErrKeyElsewhere) {
		k.log.Debug("the checkpoint is another instance's", "error", err)
		return
	}
	if err != nil && ctx.Err() == nil {
		k.log.Error("no checkpoint was made", "error", err)
	}
}
