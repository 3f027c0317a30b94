package main

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"formwandel/models/modelstest"
)

// TestTheSameProgramTwice: the same sources in two folders give the same bytes (S49); in the whole suite
// everything is compiled twice, from empty caches.
func TestTheSameProgramTwice(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "make", "-C", "..", "reproducible")
	how := "linked twice, in folders of different names"
	if modelstest.Share(10) == 10 {
		cmd.Args = append(cmd.Args, "FRESH=1")
		how = "compiled and linked twice, from empty caches, in folders of different names"
	}
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "MAKE") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	sums := regexp.MustCompile(`(?m)^([0-9a-f]{64})  `).FindAllStringSubmatch(string(out), -1)
	if len(sums) != 2 || sums[0][1] != sums[1][1] {
		t.Fatalf("%s", out)
	}
	modelstest.Score(t, "S49", "builds of the program, "+how+"; linters, known vulnerabilities and the list of components are what `make check` holds", 2,
		"the same SHA-256")
}
