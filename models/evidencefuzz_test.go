package models_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"formwandel/models"
	"formwandel/models/modelstest/prompt"
)

// What auditors are handed comes from anywhere, and is read without any database.

const (
	signedWords = "formwandel checkpoint 1\ninstallation: formwandel.example\nnumber: 2\nat: 2027-01-01T00:00:00Z\nchains: 1\ndigest: 00ff\nprevious: none\nkey: 0123456789abcdef\n"
	evidence    = signedWords + "signature: AAAA\n"
	oneHead     = "14625020 3 00ff\n"
)

// FuzzCheckpoint: a checkpoint is refused, or written as it was read, alone and among others.
func FuzzCheckpoint(f *testing.F) {
	for _, s := range []string{
		"", evidence, evidence + "\n" + oneHead, "Guten Tag\n\n " + strings.ReplaceAll(evidence, "\n", "\n ") + "\nMit Gruß\n", strings.ReplaceAll(evidence, "\n", "\r\n"), evidence + "\n14625020 x\n" + oneHead,
		"MIME-Version: 1.0\nContent-Type: text/plain\nContent-Transfer-Encoding: base64\n\n" + base64.StdEncoding.EncodeToString([]byte(evidence)), "Content-Type: multipart/mixed; boundary=x\n\n--x\n\n" + evidence + "\n--x--\n",
		"Content-Type: message/rfc822\n\nContent-Type: multipart/mixed\n\n" + evidence,
		strings.Replace(evidence, "2027-01-01T00:00:00Z", "2027-13-01", 1), strings.Replace(evidence, "number: 2", "number: 99999999999999999999", 1), evidence + evidence,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		defer prompt.Answer(t)()
		if c, err := models.ReadCheckpoint(text); err == nil {
			again, err := models.ReadCheckpoint(c.Text())
			if err != nil || again.Text() != c.Text() || again.Hash() != c.Hash() {
				t.Errorf("%q is %q, then %q, %v", text, c.Text(), again.Text(), err)
			}
		}
		several, err := models.ReadCheckpoints([]byte(text))
		if (err == nil) != (len(several) > 0) {
			t.Errorf("%q: %v, %v", text, several, err)
		}
	})
}

// FuzzSigningKey: a key is refused, or it is the same when it is written.
func FuzzSigningKey(f *testing.F) {
	for _, s := range []string{"", strings.Repeat("0f", 32), "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n", "-----BEGIN PUBLIC KEY-----\nMCow\n-----END PUBLIC KEY-----\n", "-----BEGIN X-----\n-----END X-----\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		defer prompt.Answer(t)()
		k, err := models.ReadSigningKey(text)
		if err != nil {
			return
		}
		if again, err := models.ReadSigningKey(k.PEM()); err != nil || again.ID != k.ID || again.PEM() != k.PEM() {
			t.Errorf("%q is %q, then %q, %v", text, k.PEM(), again.PEM(), err)
		}
	})
}

// FuzzReceipt: a receipt is refused, or has flaws, since nobody has signed it.
func FuzzReceipt(f *testing.F) {
	good := `{"formwandel_receipt":1,"installation":"a","number":"KA-2026-000001","form":"14625020/X","municipality":"14625020","status":"draft","version":1,"content_hash":"00","events":[{"when":"2027-01-01T01:00:00+01:00","who":"A","session":"s","token":0,"ags":"14625020","seq":1,"request_id":1,"form_id":null,"at":"2027-01-01T00:00:00Z","actor_id":1,"action":"create","from_state":"","to_state":"draft","version":1,"comment":"","salt":"00","internal":false,"data":"{}","prev":"00","hash":"ff"}],"checkpoint":` + quoted(evidence) + `,"key":"0f","signature":"AAAA"}`
	for _, s := range []string{"", "{}", "null", good, strings.Replace(good, `"data":"{}"`, `"data":"{"`, 1), strings.Replace(good, "2027-01-01T00", "9999-12-31T23", 1), strings.Replace(good, `"version":1`, `"version":1e400`, 1)} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		defer prompt.Answer(t)()
		r, err := models.ReadReceipt(text)
		if err != nil {
			return
		}
		r.Places()
		flaws := r.Flaws(nil)
		written, err := json.Marshal(r)
		if err != nil || len(flaws) == 0 {
			t.Fatalf("%s: %v, %v", text, flaws, err)
		}
		if again, err := models.ReadReceipt(written); err != nil || !reflect.DeepEqual(again.Flaws(nil), flaws) {
			t.Errorf("%s is written %s: %v", text, written, err)
		}
	})
}

// FuzzAuditFile: a file is refused, or it is audited; packed, it says the same.
func FuzzAuditFile(f *testing.F) {
	chain := `{"t":"chains","r":{"ags":"14625020","seq":1,"hash":"ff"}}` + "\n"
	event := `{"t":"events","r":{"ags":"14625020","seq":1,"request_id":1,"form_id":null,"at":"2027-01-01T00:00:00Z","actor_id":1,"action":"create","from_state":"","to_state":"draft","version":1,"comment":"","salt":"00","internal":false,"data":"{}","prev":"00","hash":"ff"}}` + "\n"
	for _, s := range []string{
		"", chain, chain + event, event, chain + `{"t":"requests","r":{"id":1,"ags":"14625020","number":"KA-2026-000001","state":"draft","form_id":1,"version":1}}` + "\n" + event, `{"t":"requests","r":7}`, `{"t":"requests","r":null}`, chain + `{"t":"blobs","r":{"hash":"00","size":1,"content":"YQ=="}}`,
		chain + `{"t":"checkpoints","r":{"number":2,"at":"2027-01-01T00:00:00Z","statement":` + quoted(signedWords) + `,"signature":"AAAA","heads":` + quoted(oneHead) + `}}` + "\n" + event, chain + `{"t":"changes","r":{"request_id":1,"field":"a.b","old":"1","new":"2"}}`, chain + `{"t":"users","r":{"id":1,"email":"a@b.de"}}{"t":"user_roles","r":{"user_id":1,"role":"admin"}}`,
		chain + `{"t":"signing_keys","r":{"id":"0f","public":"00","created_at":"2027-01-01T00:00:00Z"}}`, chain + `{"t":"configurations","r":{"id":1,"form_id":1,"number":1,"values":"{}"}}`, "\x1f\x8b", chain + `{"t":`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		defer prompt.Answer(t)()
		r, err := models.AuditFile(ctx, bytes.NewReader(text), models.Evidence{})
		if (r == nil) != (err != nil) {
			t.Fatalf("%q: %+v, %v", text, r, err)
		}
		if err != nil || len(text)%16 > 0 { // packing is slow
			return
		}
		var small bytes.Buffer
		z := gzip.NewWriter(&small)
		if _, err := z.Write(text); err != nil || z.Close() != nil {
			t.Fatal(err)
		}
		if again, err := models.AuditFile(ctx, &small, models.Evidence{}); len(text) > 1 && text[0] != 0x1f && (err != nil || len(again.Findings) != len(r.Findings) || again.Events != r.Events) {
			t.Errorf("%q: %+v, packed %+v, %v", text, r, again, err)
		}
	})
}

// quoted is a text as JSON has it.
func quoted(s string) string {
	out, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(out)
}
