package main

import (
	"encoding/json"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// TestBillOfMaterials: what is in the program is listed with version, address and licence, each once, and the same
// sources give the same bytes (T34, S49).
func TestBillOfMaterials(t *testing.T) {
	write := func() string {
		cmd := exec.CommandContext(t.Context(), "go", "run", "docs/sbom.go", "v1.2.3")
		cmd.Dir = ".."
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	text := write()
	var bom struct {
		BomFormat, SpecVersion, SerialNumber string
		Metadata                             struct {
			Component struct{ Name, Version string }
		}
		Components []struct {
			Type, Name, Version, Purl string
			Ref                       string `json:"bom-ref"`
			Licenses                  []struct{ License struct{ ID string } }
		}
		Dependencies []struct {
			Ref       string
			DependsOn []string
		}
	}
	if err := json.Unmarshal([]byte(text), &bom); err != nil {
		t.Fatal(err)
	}
	if bom.BomFormat != "CycloneDX" || bom.SpecVersion != "1.6" || bom.Metadata.Component.Version != "v1.2.3" || !regexp.MustCompile(`^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(bom.SerialNumber) {
		t.Errorf("%s %s %s %+v", bom.BomFormat, bom.SpecVersion, bom.SerialNumber, bom.Metadata)
	}
	purl, spdx := regexp.MustCompile(`^pkg:(golang|npm)/[A-Za-z0-9._/%~-]+@\S+$`), regexp.MustCompile(`^[A-Z][A-Za-z0-9.-]+$`)
	seen := map[string]bool{}
	for _, c := range bom.Components {
		if c.Type != "library" || c.Version == "" || !purl.MatchString(c.Purl) || c.Ref != c.Purl || seen[c.Ref] || len(c.Licenses) != 1 || !spdx.MatchString(c.Licenses[0].License.ID) {
			t.Errorf("%+v", c)
		}
		seen[c.Ref] = true
	}
	for _, must := range []string{"pkg:golang/github.com/gofiber/fiber/v2@", "pkg:golang/modernc.org/sqlite@", "pkg:golang/std@", "pkg:golang/filippo.io/age@", "pkg:npm/%40kern-ux/native@"} {
		if !strings.Contains(text, `"`+must) {
			t.Errorf("%s… is missing", must)
		}
	}
	if strings.Contains(text, "axe-core") || strings.Contains(text, "chromedp") || len(bom.Dependencies) != 1 || len(bom.Dependencies[0].DependsOn) != len(bom.Components) {
		t.Error("it lists what only tests use, or not all that the program depends on")
	}
	if write() != text {
		t.Error("the same sources give another list")
	}
}
