package definition

import (
	"bytes"
	_ "embed"
	"os"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// schema describes the data files for editors and other programs.
//
//go:embed assistant.schema.json
var schema []byte

const schemaID = "https://formwandel.example/schema/assistant.schema.json"

func compileSchema(t testing.TB) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource(schemaID, doc); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile(schemaID)
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

func validate(t testing.TB, s *jsonschema.Schema, text string) error {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(doc)
}

func TestEveryBuiltinFileFollowsTheSchema(t *testing.T) {
	compiled := compileSchema(t)
	for name, text := range builtinFiles(t) {
		if err := validate(t, compiled, text); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPublishedSchemaIsTheEmbeddedOne(t *testing.T) {
	published, err := os.ReadFile("../../docs/assistant.schema.json")
	if err != nil || !bytes.Equal(published, schema) {
		t.Errorf("docs/assistant.schema.json differs from models/definition/assistant.schema.json, copy it (%v)", err)
	}
}

func TestEveryPartOfTheSchemaIsDescribed(t *testing.T) {
	doc, _ := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	root := doc.(map[string]any)
	described(t, "", root)
	for name, def := range root["$defs"].(map[string]any) {
		if name != "type" {
			described(t, name, def.(map[string]any))
		}
	}
}

func described(t *testing.T, name string, object map[string]any) {
	for property, v := range object["properties"].(map[string]any) {
		s := v.(map[string]any)
		if s["description"] == nil && s["$ref"] == nil && s["enum"] == nil {
			t.Errorf("%s.%s has no description", name, property)
		}
	}
}
