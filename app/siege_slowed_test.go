package main_test

import (
	"testing"
	"time"

	"formwandel/models/modelstest"
)

// delay is what 95 % of others' calls took at most before a siege, and meanwhile.
type delay struct {
	what              string
	before, meanwhile time.Duration
}

// The bound of the whole suite (S25, S28, S29): below the floor is the noise of the machine.
const (
	bearable   = 2
	floor      = 3 * time.Millisecond
	bestOfRuns = 3
)

func (d delay) times() float64 { return float64(d.meanwhile) / float64(max(d.before, floor)) }

// best lays siege until others have waited no longer than is bearable, in the whole suite up to three times, and fails if they always have.
// Else one run has to do, with room for what else the machine does. The figures of every run are in the log, those of the best in the report.
func best[T any](t *testing.T, once func(run int) (T, []delay)) T {
	t.Helper()
	var out T
	var delays []delay
	least := 0.0
	for run := range bestOfRuns {
		got, ds := once(run)
		worst := 0.0
		for _, d := range ds {
			t.Logf("run %d: %s: 95 %% within %s, %s before, × %.1f", run+1, d.what, d.meanwhile, d.before, d.times())
			worst = max(worst, d.times())
		}
		if run == 0 || worst < least {
			out, delays, least = got, ds, worst
		}
		if modelstest.Share(10) < 10 || least <= bearable {
			break
		}
	}
	for _, d := range delays {
		d.hold(t)
	}
	return out
}

func (d delay) hold(t *testing.T) {
	t.Helper()
	most := 10*max(d.before, time.Millisecond) + 20*time.Millisecond // few figures
	if modelstest.Share(10) == 10 {
		most = bearable * max(d.before, floor)
	}
	if d.meanwhile > most {
		t.Errorf("%s: 95 %% of others' calls were answered within %s, %s before", d.what, d.meanwhile, d.before)
	}
}
