package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// within gives every later process of a program so much memory, in bytes; it
// tells how: by a control group where the test may make one, else by telling the runtime.
func (p *program) within(memory int64) string {
	p.Helper()
	name := fmt.Sprintf("formwandel-test-%d", os.Getpid())
	for _, g := range []struct{ root, file, kind string }{
		{"/sys/fs/cgroup", "memory.max", "control group, version 2"}, {"/sys/fs/cgroup/memory", "memory.limit_in_bytes", "control group, version 1"},
	} {
		dir := filepath.Join(g.root, name)
		if _, err := os.Stat(filepath.Join(g.root, "cgroup.procs")); err != nil || os.Mkdir(dir, 0o755) != nil {
			continue
		}
		p.Cleanup(func() { _ = os.Remove(dir) }) // its processes have ended before
		if os.WriteFile(filepath.Join(dir, g.file), []byte(strconv.FormatInt(memory, 10)), 0o644) != nil {
			continue
		}
		wrapper := filepath.Join(p.dir, "within")
		script := fmt.Sprintf("#!/bin/sh\necho $$ >'%s/cgroup.procs' || exit 1\nexec '%s' \"$@\"\n", dir, p.bin)
		if err := os.WriteFile(wrapper, []byte(script), 0o755); err != nil {
			p.Fatal(err)
		}
		p.bin = wrapper
		return g.kind
	}
	p.settings = append(p.settings, "GOMEMLIMIT="+strconv.FormatInt(memory/2, 10))
	return "GOMEMLIMIT"
}

// peak is the most memory that a process has had resident, in MB.
func peak(t testing.TB, pid int) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		var kb int
		if n, _ := fmt.Sscanf(line, "VmHWM: %d kB", &kb); n == 1 {
			return kb >> 10
		}
	}
	t.Fatal("no VmHWM")
	return 0
}
