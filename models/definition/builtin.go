package definition

import (
	"bytes"
	"embed"
	"fmt"
)

// builtin are the definitions that come with the program.
//
//go:embed assistants/*.json
var builtin embed.FS

// Builtin are the definitions that come with the program, in the order of their keys.
func Builtin() ([]*Definition, error) {
	entries, err := builtin.ReadDir("assistants")
	if err != nil {
		return nil, fmt.Errorf("built-in assistants: %w", err)
	}
	var all []*Definition
	for _, entry := range entries {
		text, err := builtin.ReadFile("assistants/" + entry.Name())
		if err != nil {
			return nil, fmt.Errorf("built-in assistants: %w", err)
		}
		d, err := Read(bytes.NewReader(text), entry.Name())
		if err != nil {
			return nil, err
		}
		all = append(all, d)
	}
	return all, nil
}
