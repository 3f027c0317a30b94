//go:build ignore

// Writes the bill of materials of the program as CycloneDX 1.6 JSON to standard output: `make sbom`.
// What is in it: the Go modules that the program is linked with, the standard library, and the npm packages
// that are embedded. The same sources give the same bytes.
package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"regexp"
	"sort"
	"strings"
)

type object = map[string]any

func main() {
	version := "dev"
	if len(os.Args) > 1 {
		version = os.Args[1]
	}
	if err := write(os.Stdout, version); err != nil {
		log.Fatal(err)
	}
}

func write(w io.Writer, version string) error {
	licences, err := licences("docs/licences.md")
	if err != nil {
		return err
	}
	modules, err := modules()
	if err != nil {
		return err
	}
	packages, err := packages("package-lock.json")
	if err != nil {
		return err
	}
	parts := append(modules, packages...)
	var refs []string
	for _, p := range parts {
		if p["licenses"] == nil {
			id := licences[p["name"].(string)]
			if id == "" || id == "?" {
				return fmt.Errorf("docs/licences.md names no licence of %s", p["name"])
			}
			p["licenses"] = licence(id)
		}
		refs = append(refs, p["bom-ref"].(string))
	}
	root := object{
		"type": "application", "bom-ref": "formwandel", "name": "formwandel", "version": version, "purl": "pkg:generic/formwandel@" + version, "licenses": licence("EUPL-1.2"),
	}
	bom := object{
		"$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json", "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
		"metadata": object{"component": root}, "components": parts,
		"dependencies": []object{{"ref": "formwandel", "dependsOn": refs}},
	}
	text, err := json.Marshal(bom)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(text)
	sum[6], sum[8] = sum[6]&0x0f|0x80, sum[8]&0x3f|0x80 // a UUID of our own making (version 8), from the content
	h := hex.EncodeToString(sum[:16])
	bom["serialNumber"] = "urn:uuid:" + h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	return out.Encode(bom)
}

func licence(id string) []object { return []object{{"license": object{"id": id}}} }

var line = regexp.MustCompile(`^\| (\S+) \| \S+ \| (\S+) \|$`)

// licences reads the list that `make generate` makes and `make check` holds to be true.
func licences(name string) (map[string]string, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	out := map[string]string{"std": "BSD-3-Clause"}
	for in := bufio.NewScanner(f); in.Scan(); {
		if m := line.FindStringSubmatch(in.Text()); m != nil {
			out[m[1]] = m[2]
		}
	}
	return out, nil
}

// modules are those of the program, tests and tools left out.
func modules() ([]object, error) {
	cmd := exec.Command("go", "list", "-deps", "-json=Module", "./app")
	cmd.Stderr = os.Stderr
	text, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	seen := map[string]string{}
	for in := json.NewDecoder(bytes.NewReader(text)); ; {
		var p struct {
			Module *struct {
				Path, Version string
				Main          bool
			}
		}
		if err := in.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		if p.Module != nil && !p.Module.Main {
			seen[p.Module.Path] = p.Module.Version
		}
	}
	toolchain, err := exec.Command("go", "env", "GOVERSION").Output()
	if err != nil {
		return nil, err
	}
	seen["std"] = strings.TrimPrefix(strings.TrimSpace(string(toolchain)), "go")
	var out []object
	for path, version := range seen {
		purl := "pkg:golang/" + path + "@" + version
		out = append(out, object{"type": "library", "bom-ref": purl, "name": path, "version": version, "purl": purl})
	}
	sort.Slice(out, func(i, j int) bool { return out[i]["name"].(string) < out[j]["name"].(string) })
	return out, nil
}

// packages are the npm packages that are embedded, with the hash by which npm knows them.
func packages(name string) ([]object, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var lock struct {
		Packages map[string]struct {
			Version, Integrity, License string
			Dev                         bool
		}
	}
	if err := json.Unmarshal(text, &lock); err != nil {
		return nil, err
	}
	var out []object
	for path, p := range lock.Packages {
		npm, ok := strings.CutPrefix(path, "node_modules/")
		if !ok || p.Dev {
			continue
		}
		sum, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(p.Integrity, "sha512-"))
		if err != nil {
			return nil, err
		}
		purl := "pkg:npm/" + strings.Replace(npm, "@", "%40", 1) + "@" + p.Version
		out = append(out, object{
			"type": "library", "bom-ref": purl, "name": npm, "version": p.Version, "purl": purl, "licenses": licence(p.License),
			"hashes": []object{{"alg": "SHA-512", "content": hex.EncodeToString(sum)}},
		})
	}
	sort.Slice(out, func(i, j int) bool { return out[i]["name"].(string) < out[j]["name"].(string) })
	return out, nil
}
