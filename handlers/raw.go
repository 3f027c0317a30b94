package handlers

import "github.com/go-json-experiment/json/jsontext"

// rawJSON is a value as it was sent, for the field's own type to read.
type rawJSON = jsontext.Value
