package definition

import (
	"bytes"
	"fmt"
	"io"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"formwandel/models/fields"
)

const (
	maxBytes    = 2 << 20
	maxFindings = 100
	maxSections = 40
	maxFields   = 1000
)

// Read reads one definition file; name stands in front of every finding. An error of type Errors lists all that is
// wrong with the file, any other error means that it could not be read.
func Read(r io.Reader, name string) (*Definition, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	rep := &report{file: name}
	if len(data) > maxBytes {
		rep.add("", "file is larger than %d MiB", maxBytes>>20)
		return nil, rep.err()
	}
	text := jsontext.Value(bytes.TrimPrefix(data, []byte("\uFEFF")))
	original := text.Clone()
	if err := text.Canonicalize(); err != nil {
		rep.addSyntax(original, err)
		return nil, rep.err()
	}
	scan(original, rep)
	d := decode(text, rep)
	if d == nil {
		return nil, rep.err()
	}
	d.index()
	d.check(rep)
	if err := rep.err(); err != nil {
		return nil, err
	}
	d.canonical = withoutSchema(text)
	return d, nil
}

// file is a definition together with the name of its schema, which editors need and Read ignores.
type file struct {
	Schema string `json:"$schema"`
	Definition
}

// withoutSchema takes $schema out of a canonical object; what is left is canonical too.
func withoutSchema(text jsontext.Value) []byte {
	var members map[string]jsontext.Value
	if json.Unmarshal(text, &members) != nil {
		return text
	}
	delete(members, "$schema")
	out, err := json.Marshal(members, json.Deterministic(true))
	if err != nil {
		return text
	}
	return out
}

// UnmarshalJSONFrom reads a section strictly; without approval the usual ones are needed.
func (s *Section) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	type plain Section
	*s = Section{Approval: Approval{Provider: 1}}
	return json.UnmarshalDecode(d, (*plain)(s), json.RejectUnknownMembers(true))
}

// UnmarshalJSONFrom reads the numbers of approvals strictly; a missing one is the usual one.
func (a *Approval) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	type plain Approval
	*a = Approval{Provider: 1}
	return json.UnmarshalDecode(d, (*plain)(a), json.RejectUnknownMembers(true))
}

var _ json.UnmarshalerFrom = (*fields.Field)(nil) // else findings would not know their place
