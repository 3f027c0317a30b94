package mailer

import (
	"math/rand/v2"
	"time"
)

// delays are the pauses before the second, third, … attempt; the last one stays.
var delays = []time.Duration{
	time.Minute, 2 * time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour,
}

// A mail is given up after five days of temporary refusals. The attempts prove
// that it was refused all that time: five days of a dead server do not count.
const (
	patience       = 5 * 24 * time.Hour
	patienceInRows = 100
)

// retryAfter is the pause after so many attempts, shortened by up to a quarter
// so that mails deferred together do not come back together.
func retryAfter(attempts int) time.Duration {
	return shorter(delays[min(max(attempts, 1), len(delays))-1])
}

func givenUp(attempts int, age time.Duration) bool {
	return age >= patience && attempts >= patienceInRows
}

// pauseAfter is the worker's own pause when nothing can be sent at all: doubled
// with each trouble, at most eight times the first.
func pauseAfter(first time.Duration, troubles int) time.Duration {
	return shorter(first << min(max(troubles-1, 0), 3))
}

func shorter(d time.Duration) time.Duration {
	return d - time.Duration(rand.Int64N(int64(d)/4+1)) //nolint:gosec // spreads retries; nobody gains by guessing it
}
