// Package prompt holds what fuzzing asks of every parser to the time that none may take. It knows none of our packages, so that tests inside them can use it.
package prompt

import (
	"os"
	"testing"
	"time"
)

// most is how long one input may be read.
const most = 2 * time.Second

var whole = os.Getenv("FORMWANDEL_TEST_ABUSE") != ""

// Answer fails in the whole suite when what is done until its end has taken too long: defer prompt.Answer(t)().
func Answer(t testing.TB) func() {
	if !whole {
		return func() {}
	}
	begun := time.Now()
	return func() {
		if took := time.Since(begun); took > most {
			t.Errorf("took %s", took)
		}
	}
}
