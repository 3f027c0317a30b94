package fields

import "strings"

// Display is a value as people read it, never that of a protected field.
func (f Field) Display(v Value, locale string) string {
	if v == "" {
		return phrase(locale, "(leer)|(empty)")
	}
	k, known := kinds[f.Type]
	if !known {
		return phrase(locale, "(unbekannt)|(unknown)")
	}
	return k.show(f, v, locale)
}

// Text is a value as people type it, to fill in a form: ParseText gives the same
// value back. That of a protected field is never given.
func (f Field) Text(v Value) string {
	k, known := kinds[f.Type]
	switch {
	case v == "" || !known:
		return ""
	case k.write == nil:
		return k.show(f, v, "de")
	}
	return k.write(f, v)
}

// phrase picks from "German|English".
func phrase(locale, both string) string {
	german, english, _ := strings.Cut(both, "|")
	if locale == "en" {
		return english
	}
	return german
}
