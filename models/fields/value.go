package fields

import (
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Value is the canonical JSON text of a field's value; "" is no value (JSON
// null). Two values are equal exactly when their strings are.
type Value string

// MarshalJSON writes the value itself, null for none.
func (v Value) MarshalJSON() ([]byte, error) {
	if v == "" {
		return []byte("null"), nil
	}
	return []byte(v), nil
}

// UnmarshalJSON takes any JSON, rid of blanks and needless escapes; whether it
// is a value of some field only Parse and Check can tell.
func (v *Value) UnmarshalJSON(b []byte) error {
	text, err := compact(b)
	if err != nil {
		return err
	}
	*v = text
	return nil
}

// compact is the one JSON text for what raw says: no blanks, minimal escapes,
// numbers and the order of names as written. null is "".
func compact(raw []byte) (Value, error) {
	text := jsontext.Value(raw).Clone()
	err := text.Format(jsontext.PreserveRawStrings(false), jsontext.CanonicalizeRawInts(false),
		jsontext.CanonicalizeRawFloats(false), jsontext.ReorderRawObjects(false))
	if err != nil {
		return "", err
	}
	if text.Kind() == 'n' {
		return "", nil
	}
	return Value(text), nil
}

// quote is the JSON string of a text that is valid UTF-8.
func quote(s string) Value {
	b, _ := jsontext.AppendQuote(nil, strings.ToValidUTF8(s, "\uFFFD"))
	return Value(b)
}

// isText says that v is a JSON string.
func (v Value) isText() bool { return strings.HasPrefix(string(v), `"`) }

// text is the content of a JSON string, and any other JSON as it stands.
func (v Value) text() string {
	if !v.isText() {
		return string(v)
	}
	b, err := jsontext.AppendUnquote(nil, string(v))
	if err != nil {
		return ""
	}
	return string(b)
}

// items are the elements of a JSON array.
func (v Value) items() []Value {
	var items []Value
	if json.Unmarshal([]byte(v), &items) != nil {
		return nil
	}
	return items
}

// array is the JSON array of items; without items there is no value.
func array(items []Value) Value {
	if len(items) == 0 {
		return ""
	}
	parts := make([]string, len(items))
	for i, item := range items {
		parts[i] = string(item)
	}
	return Value("[" + strings.Join(parts, ",") + "]")
}
