package main

import (
	"os"
	"runtime"
)

// withThreadsToSpare has the kernel decide who runs, and not Go: Go lets as many goroutines run as there are processors and takes a
// running one off after ten milliseconds, whoever waits. With four times as many, a search that gives way (handlers/giveway.go)
// holds one of them and a page that somebody waits for gets another at once. Where the program may use only a share of the
// processors (a control group's quota), or GOMAXPROCS is set, it stays as it is: there, threads beyond the share bring pauses.
func withThreadsToSpare() {
	if n := runtime.NumCPU(); os.Getenv("GOMAXPROCS") == "" && runtime.GOMAXPROCS(0) == n {
		runtime.GOMAXPROCS(4 * n)
	}
}
