package handlers_test

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"syscall"
	"testing"
	"time"
)

// sample is how long two things took, tried in turns by chance: by the clock, as somebody outside
// sees it, and in the program's processor time, which nothing else on the machine lengthens.
type sample struct {
	wall, work [2][]time.Duration
}

func (s *sample) take(t testing.TB, first bool, try func()) {
	t.Helper()
	at, spent := time.Now(), processors(t)
	try()
	work, wall := processors(t)-spent, time.Since(at)
	lot := map[bool]int{true: 0, false: 1}[first]
	s.wall[lot], s.work[lot] = append(s.wall[lot], wall), append(s.work[lot], work)
}

// processors is the time that this process has had of processors.
func processors(t testing.TB) time.Duration {
	t.Helper()
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		t.Fatal(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// same fails when one of two things takes longer by more than an allowance, and chance does not
// explain it: in ranks, so that a few slow tries say nothing, and once in a hundred thousand runs by mistake.
func (s *sample) same(t testing.TB, what, first, second string, allowance time.Duration) {
	t.Helper()
	const sure = 4.3
	for by, lots := range map[string][2][]time.Duration{"the clock": s.wall, "processor time": s.work} {
		for i, longer := range []string{first, second} {
			if z := longerBy(lots[i], lots[1-i], allowance); z > sure {
				t.Errorf("%s takes more than %v longer %s, by %s: %v against %v (z = %.1f)", what, allowance, longer, by, median(lots[i]), median(lots[1-i]), z)
			}
		}
	}
}

func (s *sample) String() string {
	const digits = 10 * time.Microsecond
	return fmt.Sprintf("medians %v and %v; processor time %v and %v", median(s.wall[0]).Round(digits), median(s.wall[1]).Round(digits), median(s.work[0]).Round(digits), median(s.work[1]).Round(digits))
}

// longerBy says how sure it is that a takes more than an allowance longer than b: the rank test of Mann and Whitney, in standard deviations.
func longerBy(a, b []time.Duration, allowance time.Duration) float64 {
	type one struct {
		took time.Duration
		ofA  bool
	}
	var all []one
	for _, d := range a {
		all = append(all, one{d - allowance, true})
	}
	for _, d := range b {
		all = append(all, one{d, false})
	}
	slices.SortFunc(all, func(x, y one) int { return cmp.Compare(x.took, y.took) })
	ranks := 0.0
	for i, x := range all {
		if x.ofA {
			ranks += float64(i + 1)
		}
	}
	n, m := float64(len(a)), float64(len(b))
	return (ranks - n*(n+m+1)/2) / math.Sqrt(n*m*(n+m+1)/12)
}

// TestASampleTellsWhatIsLonger: a difference that is there is found among much noise, and none where there is none.
func TestASampleTellsWhatIsLonger(t *testing.T) {
	lot := func(more time.Duration) (out []time.Duration) {
		for i := range 200 {
			out = append(out, 30*time.Millisecond+time.Duration(i*7919%200)*50*time.Microsecond+more)
		}
		return append(out, time.Minute, time.Minute, time.Minute)
	}
	for _, x := range []struct {
		more time.Duration
		sure bool
	}{{0, false}, {time.Millisecond, false}, {2 * time.Millisecond, false}, {4 * time.Millisecond, true}, {-4 * time.Millisecond, false}} {
		if z := longerBy(lot(x.more), lot(0), 2*time.Millisecond); (z > 4.3) != x.sure {
			t.Errorf("%v longer: z = %.1f", x.more, z)
		}
	}
}

func median(of []time.Duration) time.Duration {
	if len(of) == 0 {
		return 0
	}
	slices.Sort(of)
	return of[len(of)/2]
}
