package models_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

// TestCheckpoints: signed once a day, one after another, and sent to those who audit.
func TestCheckpoints(t *testing.T) {
	look(t, func(b *behind) {
		dir := b.TempDir()
		b.file(b.Clerk, wordingOf("Zimmer"))
		due := func(want bool, when string) {
			b.Helper()
			if got, err := b.s.CheckpointDue(ctx); err != nil || got != want {
				b.Errorf("%s: due %v, %v", when, got, err)
			}
		}
		due(false, "on the first day")
		b.shift(24 * time.Hour)
		due(true, "after midnight")
		mails := b.number("SELECT count(*) FROM mails")
		first, err := b.s.Checkpoint(ctx, dir, "revision@landkreis.example")
		b.must(err)
		due(false, "when it is made")
		second, err := b.s.Checkpoint(ctx, dir, "")
		b.must(err)
		if first.Number != 1 || second.Number != 2 || second.Previous != first.Hash() || first.Previous != "none" || first.Chains != len(first.Heads) || first.Chains < 2 {
			b.Errorf("%+v\n%+v", first, second)
		}
		if n := b.number("SELECT count(*) FROM mails") - mails; n != 1+2*b.number("SELECT count(*) FROM users u JOIN user_roles r ON r.user_id = u.id WHERE r.role = 'auditor' AND NOT u.demo") {
			b.Errorf("%d mails", n)
		}
		letters, err := b.s.LeaseMails(ctx, "w", 200, time.Minute)
		b.must(err)
		told := 0
		for _, l := range letters {
			if l.Mail.Kind == models.MailCheckpoint {
				told++
				if got, err := models.ReadCheckpoint("Guten Tag\n\n " + strings.Join(l.Facts.Signed, "\n ") + "\n\nMit Gruß\n"); err != nil || (got.Number != 1 && got.Number != 2) {
					b.Errorf("%v: %v", l.Facts.Signed, err)
				}
			}
		}
		if told == 0 {
			b.Error("nobody is told")
		}
		if n := b.number("SELECT count(*) FROM security_events WHERE code = 'checkpoint_signed'"); n == 0 {
			b.Error("the security log does not know")
		}
		b.keys(dir, first, second)
	})
}

// keys looks after the signing keys: only the owner reads them, they can be renewed, another folder has none.
func (b *behind) keys(dir string, made ...models.Checkpoint) {
	b.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.key"))
	b.must(err)
	if len(files) != 1 {
		b.Fatalf("%v", files)
	}
	if info, err := os.Stat(files[0]); err != nil || info.Mode().Perm() != 0o600 {
		b.Errorf("%v, %v", info.Mode(), err)
	}
	if _, err := b.s.Checkpoint(ctx, b.TempDir(), ""); !errors.Is(err, models.ErrKeyElsewhere) {
		b.Errorf("without the key: %v", err)
	}
	renewed, err := b.s.RenewSigningKey(ctx, dir)
	b.must(err)
	after, err := b.s.Checkpoint(ctx, dir, "")
	b.must(err)
	between, err := b.s.CheckpointNumbered(ctx, 3)
	b.must(err)
	if after.Number != 4 || after.Key != renewed.ID || between.Key != made[0].Key {
		b.Errorf("renewed %s: %+v", renewed.ID, after)
	}
	listed, err := b.s.Checkpoints(ctx, 4, 2)
	b.must(err)
	if len(listed) != 2 || listed[0].Short() != between.Short() || listed[0].Heads != nil || len(between.Heads) == 0 {
		b.Errorf("a list has statements only: %+v", listed)
	}
	keys, err := b.s.SigningKeys(ctx)
	b.must(err)
	if len(keys) != 2 || keys[0].ID != renewed.ID || keys[1].RetiredAt == nil {
		b.Errorf("%+v", keys)
	}
	if read, err := models.ReadSigningKey("key of the installation\n" + keys[1].PEM()); err != nil || read.ID != keys[1].ID {
		b.Errorf("%+v, %v", read, err)
	}
	all := slices.Concat(made, []models.Checkpoint{between, after})
	if r, err := b.s.Audit(ctx, models.Evidence{Checkpoints: all, Keys: keys}); err != nil || len(r.Findings) != 0 || r.Checkpoints != 4 {
		b.Errorf("%+v, %v", r, err)
	}
	if r, err := b.s.Audit(ctx, models.Evidence{Keys: keys[:1]}); err != nil || len(r.Findings) == 0 {
		b.Errorf("the old key is not trusted: %+v, %v", r, err)
	}
	for _, q := range []string{"UPDATE checkpoints SET signature = ''", "DELETE FROM checkpoints"} {
		if _, err := b.db.Exec(q); err == nil || !strings.Contains(err.Error(), "append-only") {
			b.Errorf("%s: %v", q, err)
		}
	}
	b.audit()
}

// TestACheckpointIsSignedToTheLastByte: whatever is changed in its text, nobody takes it for signed.
func TestACheckpointIsSignedToTheLastByte(t *testing.T) {
	b := behindOf(t, "sqlite")
	c, err := b.s.Checkpoint(ctx, t.TempDir(), "")
	b.must(err)
	keys, err := b.s.SigningKeys(ctx)
	b.must(err)
	r := rand.New(rand.NewPCG(uint64(Seed(t)), 1))
	text := c.Text()
	for range 2000 {
		i := r.IntN(len(text))
		bent := []byte(text)
		bent[i] = byte(33 + r.IntN(90))
		got, err := models.ReadCheckpoint(string(bent))
		if err != nil || (got.Text() == text) {
			continue
		}
		report, err := b.s.Audit(ctx, models.Evidence{Checkpoints: []models.Checkpoint{got}, Keys: keys})
		if err != nil || len(report.Findings) == 0 {
			t.Fatalf("byte %d as %q: %v, %v", i, bent[i], report, err)
		}
	}
	if short, err := models.ReadCheckpoints([]byte(c.Short() + "\n" + c.Short())); err != nil || len(short) != 2 || short[0].Heads != nil {
		t.Errorf("%+v, %v", short, err)
	}
	in := "MIME-Version: 1.0\nContent-Transfer-Encoding: base64\n\n" + base64.StdEncoding.EncodeToString([]byte(c.Text()))
	if whole, err := models.ReadCheckpoints([]byte(in)); err != nil || len(whole) != 1 || whole[0].Text() != c.Text() {
		t.Errorf("as a mail program spells it: %+v, %v", whole, err)
	}
	if _, err := models.ReadCheckpoints([]byte(in[:len(in)-2])); err == nil {
		t.Error("a mail that was cut off")
	}
	nested := strings.Repeat("Content-Type: message/rfc822\n\n", 20) + c.Text()
	if _, err := models.ReadCheckpoints([]byte(nested)); err == nil {
		t.Error("twenty mails in each other")
	}
}

// TestOpensslAgrees: an outsider needs nothing of ours. The commands are those of docs/record.md.
func TestOpensslAgrees(t *testing.T) {
	Tool(t, "openssl", "openssl")
	b := behindOf(t, "sqlite")
	c, err := b.s.Checkpoint(ctx, t.TempDir(), "")
	b.must(err)
	keys, err := b.s.SigningKeys(ctx)
	b.must(err)
	doc, err := os.ReadFile("../docs/record.md")
	b.must(err)
	_, commands, _ := strings.Cut(string(doc), "<!-- tested -->\n```sh\n")
	commands, _, _ = strings.Cut(commands, "```")
	run := func(text string) (string, error) {
		dir := t.TempDir()
		b.must(os.WriteFile(filepath.Join(dir, "checkpoint.txt"), []byte(text), 0o600))
		b.must(os.WriteFile(filepath.Join(dir, "key.pem"), []byte(keys[0].PEM()), 0o600))
		cmd := exec.Command("sh", "-ec", commands)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if out, err := run(c.Text()); err != nil || !strings.Contains(out, "Signature Verified Successfully") || !strings.Contains(out, c.Digest) {
		t.Errorf("%v: %s", err, out)
	}
	if out, err := run(strings.Replace(c.Text(), "number: 1", "number: 7", 1)); err == nil {
		t.Errorf("a forged one: %s", out)
	}
}

// TestAFileProvesItself: export and backup are audited without any database, and what is changed in them is found.
func TestAFileProvesItself(t *testing.T) {
	for _, kind := range Databases {
		t.Run(kind, func(t *testing.T) {
			x := scene(t, kind)
			var export, backup, bautzen bytes.Buffer
			x.must(x.s.Export(ctx, "", &export))
			x.must(x.s.Export(ctx, Bautzen, &bautzen))
			x.must(last(x.s.Backup(ctx, &backup)))
			inDatabase, err := x.s.Audit(ctx, x.ev)
			x.must(err)
			ofBautzen := x.ev
			ofBautzen.Municipality = Bautzen
			for name, f := range map[string]struct {
				text []byte
				ev   models.Evidence
			}{"export": {export.Bytes(), x.ev}, "backup": {backup.Bytes(), x.ev}, "Bautzen": {bautzen.Bytes(), ofBautzen}} {
				r, err := models.AuditFile(ctx, bytes.NewReader(f.text), f.ev)
				if err != nil || len(r.Findings) != 0 {
					t.Fatalf("%s: %+v, %v", name, r, err)
				}
				if name != "Bautzen" && (r.Events != inDatabase.Events || r.Versions != inDatabase.Versions || r.Requests != inDatabase.Requests || r.Checkpoints != inDatabase.Checkpoints) {
					t.Errorf("%s: %+v, in the database %+v", name, r, inDatabase)
				}
			}
			tries := x.bend(export.String())
			Score(t, "S45", "lines of an export changed, removed, doubled, forged beside the true one, exchanged, with one more key ("+kind+"), audited without a database", tries, "each found")
		})
	}
}

// sealedTables are those of an export in which nothing may be changed.
var sealedTables = []string{"chains", "events", "configurations", "requests", "changes", "approvals", "attachments", "checkpoints", "request_editors", "definitions", "signing_keys"}

// bend falsifies lines of an export, one after another.
func (x *crime) bend(export string) int {
	x.Helper()
	lines := strings.SplitAfter(strings.TrimSpace(export)+"\n", "\n")
	byTable := map[string][]int{}
	for i, l := range lines {
		for _, t := range sealedTables {
			if strings.HasPrefix(l, `{"t":"`+t+`"`) {
				byTable[t] = append(byTable[t], i)
			}
		}
	}
	tries := 0
	for _, table := range sealedTables {
		if len(byTable[table]) == 0 {
			x.Errorf("no %s in the export", table)
			continue
		}
		for range Share(100) {
			what, bent := x.falsified(table, lines, byTable[table])
			if bent == nil {
				continue
			}
			tries++
			r, err := models.AuditFile(ctx, strings.NewReader(strings.Join(bent, "")), x.ev)
			if err == nil && len(r.Findings) == 0 {
				x.Errorf("%s %s is not found", table, what)
			}
		}
	}
	return tries
}

// falsified are the lines of an export, one of a table falsified in one of all ways, or nil where the way means nothing; what says which.
func (x *crime) falsified(table string, lines []string, of []int) (what string, bent []string) {
	x.Helper()
	i := any1(x, of)
	bent = slices.Clone(lines)
	begun := table != "chains" || !strings.Contains(lines[i], `"seq":0`) // a chain that has not begun is no loss, nor one more
	switch x.chance.IntN(5) {
	case 0:
		if !begun {
			return "", nil
		}
		bent[i] = ""
		return "removed: " + lines[i], bent
	case 1:
		bent[i] = x.bent(lines[i], derived)
		return "changed: " + lines[i] + bent[i], bent
	case 2:
		if what, bent = x.exchanged(table, bent, of); what != "" {
			return what, bent
		}
		fallthrough // there are no two that would say something else
	case 3:
		copied := lines[i]
		if what = any1(x, []string{"doubled right behind", "doubled elsewhere", "forged before", "forged behind", "forged elsewhere"}); strings.HasPrefix(what, "forged") {
			copied = x.bent(lines[i], map[string]bool{"ags": !begun})
		}
		to := map[string]int{"doubled right behind": i + 1, "doubled elsewhere": x.chance.IntN(len(lines) + 1), "forged elsewhere": x.chance.IntN(len(lines) + 1), "forged before": i, "forged behind": i + 1}[what]
		return what + ": " + lines[i] + copied, slices.Insert(slices.Clone(lines), to, copied)
	}
	bent[i] = x.withKey(lines[i])
	return "with one more key: " + bent[i], bent
}

// places are the columns that say where a row stands: two rows that exchange them have changed places.
var places = map[string][]string{
	"chains": {"ags"}, "configurations": {"number", "form_id"}, "requests": {"id", "number"}, "changes": {"ord", "request_id"}, "approvals": {"request_id"}, "attachments": {"request_id"},
	"checkpoints": {"number"}, "request_editors": {"request_id"}, "definitions": {"assistant", "version"}, "signing_keys": {"id"}, "events": {"seq"},
}

// exchanged lets two rows of a table change places: neighbours of a chain as lines, others by what says their place.
func (x *crime) exchanged(table string, lines []string, of []int) (what string, bent []string) {
	x.Helper()
	if k := x.chance.IntN(len(of)); table == "events" && k > 0 && x.chance.IntN(2) == 0 {
		i, j := of[k-1], of[k]
		if x.row(lines[i]).R["ags"] == x.row(lines[j]).R["ags"] {
			lines[i], lines[j] = lines[j], lines[i]
			return "exchanged as lines: " + lines[i] + lines[j], lines
		}
	}
	for range 50 {
		i, j, place := any1(x, of), any1(x, of), any1(x, places[table])
		one, two := x.row(lines[i]), x.row(lines[j])
		one.R[place], two.R[place] = two.R[place], one.R[place]
		a, b := x.text(one), x.text(two)
		if a == x.text(x.row(lines[i])) || a == x.text(x.row(lines[j])) {
			continue // they say the same as before
		}
		lines[i], lines[j] = a, b
		return "exchanged by " + place + ": " + a + b, lines
	}
	return "", nil
}

// withKey is a line with a key that no export writes: another one, one in other letters, or one that it has already.
func (x *crime) withKey(line string) string {
	x.Helper()
	l := x.row(line)
	name, value := x.another(l.R, nil)
	text, err := json.Marshal(value)
	x.must(err)
	const row = `,"r":{`
	switch x.chance.IntN(7) {
	case 0:
		return strings.Replace(line, row, row+`"extra":1,`, 1)
	case 1:
		return strings.Replace(line, row, row+`"`+strings.ToUpper(name)+`":`+string(text)+`,`, 1)
	case 2:
		return strings.TrimSuffix(line, "}}\n") + `,"` + strings.ToUpper(name[:1]) + name[1:] + `":` + string(text) + "}}\n"
	case 3:
		return strings.Replace(line, row, row+`"`+name+`":`+string(text)+`,`, 1)
	case 4:
		return strings.TrimSuffix(line, "}}\n") + `,"` + name + `":` + string(text) + "}}\n"
	case 5:
		return `{"T":"mails",` + line[1:]
	}
	return `{` + any1(x, []string{`"t":"mails"`, `"r":{}`, `"x":1`}) + `,` + line[1:]
}

// derived are columns that follow from the rest, and tell the clock and lists where to look.
var derived = map[string]bool{
	"updated_at": true, "knock_at": true, "knock_rank": true, "open": true, "planned": true, "waiting": true, "id": true, "created_at": true, "void_at": true, "retired_at": true,
}

// exported is a line of an export.
type exported struct {
	T string         `json:"t"`
	R map[string]any `json:"r"`
}

func (x *crime) row(line string) (l exported) {
	x.Helper()
	x.must(json.Unmarshal([]byte(line), &l))
	return l
}

func (x *crime) text(l exported) string {
	x.Helper()
	out, err := json.Marshal(l)
	x.must(err)
	return string(out) + "\n"
}

// bent is a line in which one value is another, of none of the columns that are spared.
func (x *crime) bent(line string, spared map[string]bool) string {
	x.Helper()
	l := x.row(line)
	name, value := x.another(l.R, spared)
	l.R[name] = value
	return x.text(l)
}

// another is another value of one of a row's columns.
func (x *crime) another(row map[string]any, spared map[string]bool) (string, any) {
	names := slices.Sorted(maps.Keys(row))
	for {
		name := any1(x, names)
		if spared[name] {
			continue
		}
		switch v := row[name].(type) {
		case string:
			if at, err := time.Parse(time.RFC3339Nano, v); err == nil {
				return name, at.Add(time.Second)
			}
			if day, err := time.Parse("2006-01-02", v); err == nil {
				return name, day.AddDate(0, 0, 1).Format("2006-01-02")
			}
			return name, v + "x"
		case float64:
			return name, v + 1
		case bool:
			return name, !v
		}
	}
}

// TestReceipts: who, when, what, in which session; nobody can change a word of it.
func TestReceipts(t *testing.T) {
	look(t, func(b *behind) {
		dir := b.TempDir()
		clerk := b.Clerk
		clerk.SessionRef = "s-4711"
		c := b.file(clerk, wordingOf("Zimmer"))
		b.must(last(b.s.Comment(ctx, b.Agent, c.Number, "Nur für uns.", true, nil)))
		b.approved(c.Number)
		unsigned, err := b.s.Receipt(ctx, b.Clerk, dir, c.Number)
		b.must(err)
		if unsigned.Signature != "" || unsigned.Checkpoint != "" {
			b.Errorf("signed before there is a key: %+v", unsigned)
		}
		b.must(last(b.s.Checkpoint(ctx, dir, "")))
		keys, err := b.s.SigningKeys(ctx)
		b.must(err)
		var texts []string
		for range 2 {
			r, err := b.s.Receipt(ctx, b.Clerk, dir, c.Number)
			b.must(err)
			text, err := json.Marshal(r)
			b.must(err)
			texts = append(texts, string(text))
		}
		if texts[0] != texts[1] || strings.Contains(texts[0], "Nur für uns") {
			b.Errorf("%s\n%s", texts[0], texts[1])
		}
		r, err := models.ReadReceipt([]byte(texts[0]))
		b.must(err)
		first := r.Events[0]
		if flaws := r.Flaws(keys); len(flaws) != 0 || first.Session != "s-4711" || first.Account != clerk.ID || !strings.HasSuffix(first.When, "+01:00") || r.Checkpoint == "" {
			b.Errorf("%v: %+v", flaws, r)
		}
		var export bytes.Buffer
		b.must(b.s.Export(ctx, "", &export))
		if report, err := models.AuditFile(ctx, &export, models.Evidence{Heads: r.Places()}); err != nil || len(report.Findings) != 0 {
			b.Errorf("%+v, %v", report, err)
		}
		for _, bad := range [][2]string{{`"submitted"`, `"withdrawn"`}, {"s-4711", "s-4712"}, {clerk.Name, "Jemand"}, {`"account":`, `"account":1`}, {`"lane":"provider"`, `"lane":"municipality"`}, {"digest: ", "digest: 0"}, {`+01:00`, `+02:00`}} {
			forged, err := models.ReadReceipt([]byte(strings.Replace(texts[0], bad[0], bad[1], 1)))
			if err == nil && len(forged.Flaws(keys)) == 0 {
				b.Errorf("%q as %q is not seen", bad[0], bad[1])
			}
		}
		for _, u := range []models.User{b.LeipzigClerk} {
			if _, err := b.s.Receipt(ctx, u, dir, c.Number); kindOf(err) != models.NotFound {
				b.Errorf("%s: %v", u.Email, err)
			}
		}
	})
}
