package main

import (
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
)

// withinMemory tells the runtime how much memory this process is given, so
// that it collects its garbage before the kernel ends it. GOMEMLIMIT says otherwise.
func withinMemory() {
	if os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	if limit := memoryLimit("/proc/self/cgroup", "/sys/fs/cgroup"); limit > 0 {
		debug.SetMemoryLimit(limit / 2) // the rest is for SQLite, the program itself, its stacks and the page cache
	}
}

// memoryLimit is what a container or a service of systemd may use at most, in
// bytes; 0 is no limit. Both versions of control groups are read.
func memoryLimit(membership, root string) int64 {
	text, err := os.ReadFile(membership)
	if err != nil {
		return 0
	}
	least := int64(0)
	for line := range strings.Lines(string(text)) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) != 3 || parts[1] != "" && parts[1] != "memory" {
			continue
		}
		dir, file := root, "memory.max"
		if parts[1] == "memory" {
			dir, file = filepath.Join(root, "memory"), "memory.limit_in_bytes"
		}
		for _, at := range []string{filepath.Join(dir, parts[2], file), filepath.Join(dir, file)} { // in a container its own group is the root
			text, err := os.ReadFile(at)
			n, wrong := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
			if err == nil && wrong == nil && n > 0 && n < 1<<50 && (least == 0 || n < least) {
				least = n
			}
		}
	}
	return least
}
