package main

import (
	"runtime"
	"testing"

	"formwandel/models"
)

// TestThreadsToSpare: four for each processor, unless somebody has said how many; what is given out by processors stays what it was.
func TestThreadsToSpare(t *testing.T) {
	all := runtime.NumCPU()
	before := runtime.GOMAXPROCS(all)
	t.Cleanup(func() { runtime.GOMAXPROCS(before) })
	t.Setenv("GOMAXPROCS", "3")
	if withThreadsToSpare(); runtime.GOMAXPROCS(0) != all {
		t.Errorf("%d although GOMAXPROCS is set", runtime.GOMAXPROCS(0))
	}
	t.Setenv("GOMAXPROCS", "")
	if withThreadsToSpare(); runtime.GOMAXPROCS(0) != 4*all || models.Processors() != all {
		t.Errorf("%d threads, %d processors of %d", runtime.GOMAXPROCS(0), models.Processors(), all)
	}
	runtime.GOMAXPROCS(1)
	if withThreadsToSpare(); all > 1 && runtime.GOMAXPROCS(0) != 1 {
		t.Errorf("%d although only one may be used", runtime.GOMAXPROCS(0))
	}
}
