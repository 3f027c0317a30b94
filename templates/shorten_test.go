package templates

import "testing"

// TestShortenCutsNoFigureInHalf: what is left out is whole words; only what is one word is cut inside.
func TestShortenCutsNoFigureInHalf(t *testing.T) {
	const fee = "Gebühr: 20,00 € → 1.225,00 €, ab 01.01.2027"
	for _, c := range []struct {
		text string
		n    int
		want string
	}{
		{fee, 43, fee}, {fee, 42, "Gebühr: 20,00 € → 1.225,00 €, ab …"}, {fee, 32, "Gebühr: 20,00 € → 1.225,00 €, ab …"}, {fee, 31, "Gebühr: 20,00 € → 1.225,00 € …"},
		{fee, 24, "Gebühr: 20,00 € → …"}, {"kurz", 4, "kurz"}, {"a\nb c", 9, "a b c"}, {"https://www.bautzen.example/sepa", 10, "https://ww…"}, {"ab https://www.bautzen.example", 12, "ab https://w…"},
	} {
		if got := shorten(c.text, c.n); got != c.want {
			t.Errorf("%q to %d: %q, want %q", c.text, c.n, got, c.want)
		}
	}
}
