package templates

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// TestTheQuickLookMissesNoAddress: it may say yes too often, never no where the pattern finds something.
func TestTheQuickLookMissesNoAddress(t *testing.T) {
	pieces := []string{"a", "ü", ".", "/", ":", "//", "://", "www", "WwW.", "tel", "Java", "script", "javascript:", "\u212a", "s\u212aype:", " ", "\t", "\n", "\v", "\u00a0", "@", "12", "1.2.3.4", "de", "…", "\xff", "20,00 €", "Gebühr: "}
	random := rand.New(rand.NewPCG(1, 2))
	found, passed := 0, 0
	for range 200_000 {
		var b strings.Builder
		for range 1 + random.IntN(6) {
			b.WriteString(pieces[random.IntN(len(pieces))])
		}
		switch s := b.String(); {
		case webAddress.MatchString(s):
			if found++; !mayHoldAddress(s) {
				t.Fatalf("an address in %q is not looked for", s)
			}
		case !mayHoldAddress(s):
			passed++
		}
	}
	if found < 1000 || passed < 1000 {
		t.Errorf("%d with an address, %d passed over: it tries too little", found, passed)
	}
	if mayHoldAddress("Gebühr erste Geburtsurkunde: 20,00 € → 25,00 €, ab 01.01.2027") {
		t.Error("a plain sentence is searched for addresses")
	}
}
