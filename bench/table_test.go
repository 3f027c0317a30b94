package bench

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"
)

// TestMain prints everything that was measured as one table at the end.
func TestMain(m *testing.M) {
	code := m.Run()
	if len(lines) > 0 {
		w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "\nmeasured\tours\tbaseline\tratio\t(smallest … largest)\taim")
		for _, l := range lines {
			fmt.Fprintln(w, l)
		}
		_ = w.Flush() // standard output
	}
	os.Exit(code)
}

// lines are the rows of the table.
var lines []string

// full asks for the large sizes, which take minutes.
var full = os.Getenv("BENCH_FULL") == "1"

// size is how many of something: a laptop's number, or the full one.
func size(quick, whole int) int {
	if full {
		return whole
	}
	return quick
}

// perSecond takes the time of a piece of work.
func perSecond(n int, work func()) float64 {
	start := time.Now()
	work()
	return float64(n) / time.Since(start).Seconds()
}

// compare measures two things by turns, so that whatever else the machine does
// falls on both, and reports the median of their ratio; at least so many
// rounds. Each returns how many it did per second.
func compare(b *testing.B, name, aim string, rounds int, ours, baseline func() float64) {
	b.Helper()
	var mine, theirs, ratios []float64
	round := func(i int) {
		var o, t float64
		if i%2 == 0 {
			o, t = ours(), baseline()
		} else {
			t, o = baseline(), ours()
		}
		mine, theirs, ratios = append(mine, o), append(theirs, t), append(ratios, o/t)
	}
	i := 0
	for ; b.Loop(); i++ {
		round(i)
	}
	for ; i < rounds; i++ {
		round(i)
	}
	b.ReportMetric(median(ratios), "ratio")
	b.ReportMetric(median(mine), "ours/s")
	b.ReportMetric(median(theirs), "baseline/s")
	b.ReportMetric(0, "ns/op") // a round has no meaning of its own
	row(name, rate(median(mine)), rate(median(theirs)), fmt.Sprintf("%.2f", median(ratios)),
		fmt.Sprintf("(%.2f … %.2f)", slices.Min(ratios), slices.Max(ratios)), aim)
}

func row(cells ...string) { lines = append(lines, strings.Join(cells, "\t")) }

func rate(v float64) string {
	if v < 100 {
		return fmt.Sprintf("%.1f/s", v)
	}
	return fmt.Sprintf("%.0f/s", v)
}

func median(v []float64) float64 {
	s := slices.Clone(v)
	slices.Sort(s)
	if n := len(s); n%2 == 0 {
		return (s[n/2-1] + s[n/2]) / 2
	}
	return s[len(s)/2]
}
