package modelstest

import (
	"os"
	"os/exec"
	"testing"
)

// Tool finds somebody else's program that a test lets try, by its name and the Debian package that brings it.
// Where it is missing the test is skipped; in the whole suite, and in CI, it fails.
func Tool(t testing.TB, name, pkg string) (path string) {
	t.Helper()
	for _, where := range []string{name, "/usr/sbin/" + name} { // not every user looks there
		if path, err := exec.LookPath(where); err == nil {
			return path
		}
	}
	if Share(10) == 10 || os.Getenv("CI") == "true" {
		t.Fatalf("%s is missing: apt-get install %s", name, pkg)
	}
	t.Skipf("%s is missing: apt-get install %s", name, pkg)
	return ""
}
