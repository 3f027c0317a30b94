package templates

import "testing"

func TestUnknownLocalesGetGerman(t *testing.T) {
	for locale, want := range map[string]string{"de": "de", "en": "en", "en-GB": "en", "EN": "en", "fr": "de", "": "de"} {
		if got := Words(locale).Lang(); got != want {
			t.Errorf("%q: %q, want %q", locale, got, want)
		}
	}
}

func TestSayFillsPlaceholdersOnce(t *testing.T) {
	c := Catalogue{lang: "de", words: map[string]string{"k": "{a} und {b}"}}
	if got := c.Say("k", map[string]any{"a": "{b}", "b": 2}); got != "{b} und 2" {
		t.Errorf("got %q", got)
	}
}

func TestGapsStopATest(t *testing.T) {
	c := Catalogue{lang: "de", words: map[string]string{"k": "{a}"}}
	for _, key := range []string{"missing", "k"} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%q must panic in a test", key)
				}
			}()
			c.Say(key, nil)
		}()
	}
}
