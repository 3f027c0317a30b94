package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"formwandel/models/modelstest"
)

// TestCIAsksForKnownHoles: where changes are checked, nobody forgets the vulnerability database in silence: without one the
// check fails, unless it is said that there is none; and what the search finds fails it, too.
func TestCIAsksForKnownHoles(t *testing.T) {
	modelstest.Tool(t, "make", "make")
	db := t.TempDir()
	search := filepath.Join(t.TempDir(), "search")
	if err := os.WriteFile(search, []byte("#!/bin/sh\necho searched \"$2\"\nexit 3\n"), 0o700); err != nil { // finds something
		t.Fatal(err)
	}
	for _, x := range []struct {
		ci, db string
		fails  bool
		says   string
	}{
		{"", "", false, "skipped"},
		{"", db, true, "searched file://" + db},
		{"true", db, true, "searched file://" + db},
		{"true", "", true, "CI gives no vulnerability database"},
		{"true", "none", false, "skipped"},
	} {
		cmd := exec.CommandContext(t.Context(), "make", "vuln", "GOVULNCHECK="+search, "VULNDB="+x.db)
		cmd.Dir, cmd.Env = "..", append(os.Environ(), "CI="+x.ci, "MAKEFLAGS=", "MAKELEVEL=")
		out, err := cmd.CombinedOutput()
		if (err != nil) != x.fails || !strings.Contains(string(out), x.says) {
			t.Errorf("CI=%s VULNDB=%s: %v %s", x.ci, x.db, err, out)
		}
	}
}
