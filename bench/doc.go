// Package bench measures the program against the bare tools it stands on, in
// the same run on the same machine: ratios travel, absolute numbers do not.
// See docs/benchmarks.md.
package bench
