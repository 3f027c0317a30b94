package models_test

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"formwandel/models"
	"formwandel/models/calendar"
	. "formwandel/models/modelstest"
)

// object is something of a municipality, by the names a caller would use.
type object struct {
	number     string
	ags        string
	assistant  string
	attachment int64
	version    int64
	person     int64
	token      int64 // that person's
}

// doors are every way to an object through the store. A verb that takes a
// user and is not here fails TestEveryVerbIsADoor.
var doors = map[string]func(s *models.Store, u models.User, o object) error{
	"Case": func(s *models.Store, u models.User, o object) error { return last(s.Case(ctx, u, o.number)) },
	"Comment": func(s *models.Store, u models.User, o object) error {
		return last(s.Comment(ctx, u, o.number, "Guten Tag", false, nil))
	},
	"Events": func(s *models.Store, u models.User, o object) error {
		_, _, err := s.Events(ctx, u, o.number, "", 0)
		return err
	},
	"Comments": func(s *models.Store, u models.User, o object) error {
		_, _, err := s.Comments(ctx, u, o.number, "", 0)
		return err
	},
	"Attach": func(s *models.Store, u models.User, o object) error {
		return last(s.Attach(ctx, u, o.number, "a.txt", []byte("ein Text"), nil))
	},
	"Attachments": func(s *models.Store, u models.User, o object) error { return last(s.Attachments(ctx, u, o.number)) },
	"Attachment": func(s *models.Store, u models.User, o object) error {
		_, _, err := s.Attachment(ctx, u, o.number, o.attachment)
		return err
	},
	"Form": func(s *models.Store, u models.User, o object) error { return last(s.Form(ctx, u, o.ags, o.assistant)) },
	"FormOn": func(s *models.Store, u models.User, o object) error {
		return last(s.FormOn(ctx, u, o.ags, o.assistant, "2027-01-01"))
	},
	"Versions": func(s *models.Store, u models.User, o object) error {
		_, _, err := s.Versions(ctx, u, o.ags, o.assistant, "", 0)
		return err
	},
	"Version": func(s *models.Store, u models.User, o object) error {
		return last(s.Version(ctx, u, o.ags, o.assistant, o.version))
	},
	"Diff": func(s *models.Store, u models.User, o object) error {
		return last(s.Diff(ctx, u, o.ags, o.assistant, o.version, o.version))
	},
	"Maintain": func(s *models.Store, u models.User, o object) error {
		return last(s.Maintain(ctx, u, o.ags, o.assistant, true, nil))
	},
	"Policy": func(s *models.Store, u models.User, o object) error {
		return last(s.Policy(ctx, u, o.ags))
	},
	"ProposePolicy": func(s *models.Store, u models.User, o object) error {
		return last(s.ProposePolicy(ctx, u, o.ags, 77, models.PolicyRules{}, nil))
	},
	"AgreePolicy": func(s *models.Store, u models.User, o object) error {
		return last(s.AgreePolicy(ctx, u, o.ags, 77, nil))
	},
	"DeclinePolicy": func(s *models.Store, u models.User, o object) error {
		return last(s.DeclinePolicy(ctx, u, o.ags, 77, "Nein.", nil))
	},
	"WithdrawPolicy": func(s *models.Store, u models.User, o object) error {
		return last(s.WithdrawPolicy(ctx, u, o.ags, 77, nil))
	},
	"Person": func(s *models.Store, u models.User, o object) error { return last(s.Person(ctx, u, o.person)) },
	"ChangePerson": func(s *models.Store, u models.User, o object) error {
		return s.ChangePerson(ctx, u, o.person, 77, models.PersonChange{Name: "X", Roles: []models.Role{models.Clerk}}, nil)
	},
	"SwitchPerson": func(s *models.Store, u models.User, o object) error {
		return s.SwitchPerson(ctx, u, o.person, 77, false, nil)
	},
	"SendLink": func(s *models.Store, u models.User, o object) error {
		return s.SendLink(ctx, u, o.person, 77, nil)
	},
	"AskAddressOf": func(s *models.Store, u models.User, o object) error {
		return s.AskAddressOf(ctx, u, o.person, 77, "x@bautzen.example", nil)
	},
	"StopAddressOf": func(s *models.Store, u models.User, o object) error {
		return s.StopAddressOf(ctx, u, o.person, 77, nil)
	},
	"AddressAskedOf": func(s *models.Store, u models.User, o object) error {
		return last(s.AddressAskedOf(ctx, u, o.person))
	},
	"FactorsOf": func(s *models.Store, u models.User, o object) error { return last(s.FactorsOf(ctx, u, o.person)) },
	"Pseudonymise": func(s *models.Store, u models.User, o object) error {
		return s.Pseudonymise(ctx, u, o.person, 77, nil)
	},
	"Identities": func(s *models.Store, u models.User, o object) error {
		return last(s.Identities(ctx, u, o.person))
	},
	"ResetFactors": func(s *models.Store, u models.User, o object) error {
		return s.ResetFactors(ctx, u, o.person, 77, nil)
	},
	"AddPerson": func(s *models.Store, u models.User, o object) error {
		return last(s.AddPerson(ctx, u, models.NewUser{AGS: o.ags, Email: "kein", Name: "X", Roles: []models.Role{models.Clerk}}, nil))
	},
	"MunicipalityOf":     func(s *models.Store, u models.User, o object) error { return last(s.MunicipalityOf(ctx, u, o.ags)) },
	"MunicipalityCalled": func(s *models.Store, u models.User, o object) error { return last(s.MunicipalityCalled(ctx, u, o.ags)) },
	"SetProfile": func(s *models.Store, u models.User, o object) error {
		return s.SetProfile(ctx, u, o.ags, 77, models.Profile{}, nil)
	},
	"Access": func(s *models.Store, u models.User, o object) error { return last(s.Access(ctx, u, o.ags)) },
	"AccessUses": func(s *models.Store, u models.User, o object) error {
		_, _, err := s.AccessUses(ctx, u, o.ags, "", 0)
		return err
	},
	"SetAccess": func(s *models.Store, u models.User, o object) error {
		return s.SetAccess(ctx, u, o.ags, models.AccessChange{Kind: models.AccessProfile, On: true}, nil)
	},
	"Allowed": func(s *models.Store, u models.User, o object) error {
		return s.Allowed(ctx, u, models.ChangeProfile, o.ags)
	},
	"Tokens": func(s *models.Store, u models.User, o object) error { return last(s.Tokens(ctx, u, o.person)) },
	"EndToken": func(s *models.Store, u models.User, o object) error {
		u.TokenID = 0 // no token ends another
		return s.EndToken(ctx, u, o.person, o.token, nil)
	},
	"Trail": func(s *models.Store, u models.User, o object) error {
		_, _, err := s.Trail(ctx, u, models.TrailFilter{Chain: o.ags})
		return err
	},
	"Receipt": func(s *models.Store, u models.User, o object) error { return last(s.Receipt(ctx, u, "", o.number)) },
	"SecurityLog": func(s *models.Store, u models.User, o object) error {
		_, _, err := s.SecurityLog(ctx, u, models.SecurityFilter{AGS: o.ags})
		return err
	},
	"SecurityCounts": func(s *models.Store, u models.User, o object) error {
		return last(s.SecurityCounts(ctx, u, models.SecurityFilter{AGS: o.ags}))
	},
	"FieldPast": func(s *models.Store, u models.User, o object) error {
		_, _, err := s.FieldPast(ctx, u, o.ags, o.assistant, first, "", 0)
		return err
	},
	"MaintainSeen": func(s *models.Store, u models.User, o object) error {
		return last(s.MaintainSeen(ctx, u, o.ags, o.assistant, true, 1, nil))
	},
	"OnDay": func(s *models.Store, u models.User, o object) error {
		return last(s.OnDay(ctx, u, o.ags, o.assistant, calendar.NewDay(2027, 1, 1)))
	},
	"WorkOn": func(s *models.Store, u models.User, o object) error {
		return last(s.WorkOn(ctx, u, o.ags, o.assistant))
	},
	"Recent": func(s *models.Store, u models.User, o object) error {
		_, _, err := s.Recent(ctx, u, o.number, models.Look{})
		return err
	},
	"Sheet":   func(s *models.Store, u models.User, o object) error { return last(s.Sheet(ctx, u, o.number)) },
	"Rivals":  func(s *models.Store, u models.User, o object) error { return last(s.Rivals(ctx, u, o.number)) },
	"Look":    func(s *models.Store, u models.User, o object) error { return last(s.Look(ctx, u, o.number)) },
	"Lookers": func(s *models.Store, u models.User, o object) error { return last(s.Lookers(ctx, u, o.number)) },
	"Typed":   func(s *models.Store, u models.User, o object) error { return last(s.Typed(ctx, u, o.number)) },
	"KeepTyped": func(s *models.Store, u models.User, o object) error {
		return last(s.KeepTyped(ctx, u, o.number, "felder", 1, nil))
	},
	"ForgetTyped": func(s *models.Store, u models.User, o object) error { return s.ForgetTyped(ctx, u, o.number, "felder") },
	"Do": func(s *models.Store, u models.User, o object) error {
		var errs []error
		for _, a := range models.Actions {
			errs = append(errs, last(s.Do(ctx, u, o.number, a, models.Input{Version: 1, Comment: "x", Content: edited("x")})))
		}
		return same(errs)
	},
	"File": func(s *models.Store, u models.User, o object) error {
		in := fee("2500", "2027-01-01")
		in.Form = o.ags + "/" + o.assistant
		return last(s.File(ctx, u, in))
	},
}

// clerkDoors are open to clerks; the others are for the administration of their municipality.
var clerkDoors = []string{
	"Case", "Comment", "Events", "Comments", "Attach", "Attachments", "Attachment", "Form", "FormOn", "Versions", "Version", "Diff", "Policy", "Do", "File", "MunicipalityCalled",
	"FieldPast", "OnDay", "WorkOn", "Recent", "Sheet", "Rivals", "Look", "Lookers", "Typed", "KeepTyped", "ForgetTyped",
}

// rooms are the verbs that list, or that a role opens: they show no foreign row.
var rooms = []string{"Requests", "Forms", "Municipalities", "Mails", "RetryMail", "Letter", "People", "PersonByEmail", "SignIn", "FindMunicipalities", "ForecastMunicipalities", "TakeMunicipalities", "ForecastAssistant", "TakeAssistant", "Figures", "Appointments", "Month", "FindForms", "Towns", "Count", "Choices", "FormsToFile", "LookersOf"}

// oneself are the verbs that take nobody but their caller, by the caller's own id, or the installation's rules.
var oneself = []string{"Factors", "BeginTOTP", "PendingTOTP", "ConfirmTOTP", "RemoveTOTP", "AskNewPasskey", "AddPasskey", "AskPasskey", "RemovePasskey", "NewRecoveryCodes", "ShowSecond", "Confirm", "Sessions", "EndSession", "EndOtherSessions", "FailuresOf", "FactorRoles", "RequireFactor",
	"AskAddress", "StopAddress", "ParkForm", "ConfirmElsewhere", "ChangePassword", "TokensInForce", "KnowDevice", "OwnData", "Keepings", "SetKeepings", "Expiring", "RetentionReports"}

func last[T any](_ T, err error) error { return err }

// same is the one error that all are.
func same(errs []error) error {
	for _, err := range errs {
		if !equalErrors(err, errs[0]) {
			return errors.Join(errs...)
		}
	}
	return errs[0]
}

// equalErrors tells whether a caller could tell two refusals apart; what the caller sent itself does not count.
func equalErrors(a, b error) bool {
	var x, y *models.Error
	if !errors.As(a, &x) || !errors.As(b, &y) {
		return a == nil && b == nil
	}
	strip := func(e *models.Error) models.Error {
		c := *e
		c.Fields = nil
		for _, f := range e.Fields {
			c.Fields = append(c.Fields, models.FieldError{Field: f.Field, Code: f.Code})
		}
		return c
	}
	return reflect.DeepEqual(strip(x), strip(y))
}

func TestEveryVerbIsADoor(t *testing.T) {
	user := reflect.TypeFor[models.User]()
	store := reflect.TypeFor[*models.Store]()
	for i := range store.NumMethod() {
		m := store.Method(i)
		takes := false
		for j := range m.Type.NumIn() {
			takes = takes || m.Type.In(j) == user
		}
		if _, known := doors[m.Name]; takes && !known && !slices.Contains(oneself, m.Name) && !strings.Contains(strings.Join(rooms, " ")+" Plant Believes SignIn Around LinkCalendar UnlinkCalendar CalendarLink SavedViews SaveView DropView CheckFilter MakeToken NoteUse", m.Name) {
			t.Errorf("%s takes a user and is held against no foreign one", m.Name)
		}
	}
}

// staged is an object of Bautzen with everything on it.
func (b *behind) staged() object {
	b.Helper()
	c := b.file(b.Clerk, fee("2500", "2027-01-01"))
	a, err := b.s.Attach(ctx, b.Clerk, c.Number, "beschluss.txt", []byte("Beschluss des Rates"), nil)
	b.must(err)
	_, err = b.s.Comment(ctx, b.Agent, c.Number, "Nur für uns.", true, nil)
	b.must(err)
	return object{c.Number, Bautzen, Birth, a.ID, 1, b.Clerk.ID, b.number("SELECT min(id) FROM tokens WHERE user_id = ?", b.Clerk.ID)}
}

// nobody are people who may see nothing of Bautzen.
func (b *behind) nobody() map[string]models.User {
	everything := models.Roles
	return map[string]models.User{
		"Leipzig's clerk":           b.LeipzigClerk,
		"Leipzig's approver":        b.LeipzigApprover,
		"a tenant admin elsewhere":  {ID: 900, AGS: Leipzig, Active: true, Roles: []models.Role{models.TenantAdmin, models.Clerk}},
		"every role, elsewhere":     {ID: 901, AGS: Leipzig, Active: true, Roles: everything},
		"zero":                      {},
		"no AGS, no roles":          {ID: 902, Active: true},
		"no AGS, clerk":             {ID: 903, Active: true, Roles: []models.Role{models.Clerk, models.Approver, models.TenantAdmin}},
		"the installation's AGS":    {ID: 904, AGS: models.Installation, Active: true, Roles: everything},
		"half an AGS":               {ID: 905, AGS: "1462", Active: true, Roles: everything},
		"a pattern for an AGS":      {ID: 906, AGS: "________", Active: true, Roles: everything},
		"an AGS that says OR 1 = 1": {ID: 907, AGS: "' OR 1=1", Active: true, Roles: everything},
	}
}

// TestForeignIsLikeMissing: whoever may not see a thing can't tell it from one that does not exist (T1, F5).
func TestForeignIsLikeMissing(t *testing.T) {
	look(t, func(b *behind) {
		there := b.staged()
		missing := object{"KA-2026-999999", "14999999", "KOMM24GibtEsNicht", 1 << 40, 77, 1 << 40, 1 << 40}
		before := b.rows()
		for who, u := range b.nobody() {
			for name, door := range doors {
				got, want := door(b.s, u, there), door(b.s, u, missing)
				if kindOf(got) != models.NotFound && (name != "File" || kindOf(got) != models.Forbidden) {
					b.Errorf("%s, %s: %v", who, name, got)
				}
				if !equalErrors(got, want) {
					b.Errorf("%s, %s: foreign %v, missing %v", who, name, got, want)
				}
			}
		}
		if after := b.rows(); after != before {
			b.Errorf("before %s\nafter  %s", before, after)
		}
		for name, door := range doors { // the same doors are open to those who may
			u := b.Clerk
			if !slices.Contains(clerkDoors, name) {
				u = b.TenantAdmin
			}
			if err := door(b.s, u, there); kindOf(err) == models.NotFound || kindOf(err) == models.Forbidden {
				b.Errorf("%s is shut to the owner: %v", name, err)
			}
		}
	})
}

// TestANestedIDOfAnotherIsMissing: the way to a document leads through its own request.
func TestANestedIDOfAnotherIsMissing(t *testing.T) {
	look(t, func(b *behind) {
		there := b.staged()
		in := fee("2600", "2027-02-01")
		in.Form = Leipzig + "/" + Birth
		own := b.file(b.LeipzigClerk, in)
		mine := object{own.Number, Leipzig, Birth, there.attachment, 1, b.LeipzigClerk.ID, 1}
		random := mine
		random.attachment = 1 << 40
		got, want := doors["Attachment"](b.s, b.LeipzigClerk, mine), doors["Attachment"](b.s, b.LeipzigClerk, random)
		if kindOf(got) != models.NotFound || !equalErrors(got, want) {
			b.Errorf("foreign %v, missing %v", got, want)
		}
		other := b.file(b.Clerk2, fee("2700", "2027-03-01"))
		if err := doors["Attachment"](b.s, b.Clerk, object{number: other.Number, attachment: there.attachment}); kindOf(err) != models.NotFound {
			b.Errorf("a document of another request: %v", err)
		}
	})
}

// TestListsShowNothingForeign walks every list as everybody who may see nothing of Bautzen.
func TestListsShowNothingForeign(t *testing.T) {
	look(t, func(b *behind) {
		there := b.staged()
		b.must(last(b.s.Comment(ctx, b.Clerk, there.number, "Kanarienvogel", false, nil)))
		mail := b.number("SELECT min(id) FROM mails")
		for who, u := range b.nobody() {
			for _, f := range []models.Filter{{}, {Q: "Kanarienvogel"}, {Q: "17"}, {Municipality: Bautzen}, {Status: []string{"submitted"}}, {Section: "gebuehren"}, {WaitingForMe: true}, {Assignee: "none"}, {Assignee: "me"}, {DueBefore: "2099-01-01"}} {
				rs, _, err := b.s.Requests(ctx, u, f)
				if len(rs) != 0 || (err != nil && kindOf(err) != models.Forbidden) {
					b.Errorf("%s sees %d requests with %+v, %v", who, len(rs), f, err)
				}
			}
			fs, _, err := b.s.Forms(ctx, u, "", "", "", 0)
			for _, f := range fs {
				if f.AGS != u.AGS {
					b.Errorf("%s sees form %s, %v", who, f.Key(), err)
				}
			}
			ms, _, err := b.s.Municipalities(ctx, u, "", 0)
			for _, m := range ms {
				if m.AGS != u.AGS {
					b.Errorf("%s sees municipality %s, %v", who, m.AGS, err)
				}
			}
			for _, ags := range []string{"", Bautzen} {
				if f, err := b.s.Figures(ctx, u, 2026, ags); err == nil && f.All.Filed != 0 {
					b.Errorf("%s counts %d requests of %q", who, f.All.Filed, ags)
				}
				b.seesNoDay(who, u, ags)
			}
			b.seesNoForm(who, u)
			if out, _, err := b.s.Mails(ctx, u, "", "", 0); len(out) != 0 || kindOf(err) != models.Forbidden {
				b.Errorf("%s sees %d mails, %v", who, len(out), err)
			}
			if _, err := b.s.RetryMail(ctx, u, mail, nil); kindOf(err) != models.Forbidden {
				b.Errorf("%s sends a mail again: %v", who, err)
			}
		}
	})
}

// seesNoDay asserts that nothing stands in somebody's calendar.
func (b *behind) seesNoDay(who string, u models.User, ags string) {
	b.Helper()
	from, until := calendar.NewDay(2026, 11, 1), calendar.NewDay(2027, 2, 1)
	if as, _, _ := b.s.Appointments(ctx, u, models.Span{From: from, Until: until, Municipality: ags}); len(as) != 0 {
		b.Errorf("%s sees %d appointments of %q", who, len(as), ags)
	}
	days, _ := b.s.Month(ctx, u, from, until, ags)
	for _, d := range days {
		if len(d.First)+d.More != 0 {
			b.Errorf("%s sees something on %s in %q", who, d.Day, ags)
		}
	}
}

// seesNoForm asserts that somebody sees the own forms and towns at most.
func (b *behind) seesNoForm(who string, u models.User) {
	b.Helper()
	fs, _, _ := b.s.FindForms(ctx, u, models.FormFilter{})
	for _, f := range fs {
		if f.AGS != u.AGS {
			b.Errorf("%s finds form %s", who, f.Key())
		}
	}
	ms, _ := b.s.Towns(ctx, u)
	for _, m := range ms {
		if m.AGS != u.AGS {
			b.Errorf("%s sees town %s", who, m.AGS)
		}
	}
}

// TestOutOfForceIsNobody: neither a disabled account nor an expired or revoked token signs anybody in.
func TestOutOfForceIsNobody(t *testing.T) {
	look(t, func(b *behind) {
		token := func(email string) string {
			out, err := b.s.CreateToken(ctx, email, "test", time.Hour)
			b.must(err)
			return out
		}
		refused := func(what, token string) {
			b.Helper()
			if u, err := b.s.Authenticate(ctx, token); kindOf(err) != models.Unauthorized { // whose it was, the security log wants to know
				b.Errorf("%s: %+v, %v", what, u, err)
			}
		}
		good := token(b.Clerk.Email)
		u, err := b.s.Authenticate(ctx, good)
		if err != nil || u.ID != b.Clerk.ID || u.AGS != Bautzen || !u.Has(models.Clerk) || u.TokenID == 0 {
			b.Fatalf("%+v, %v", u, err)
		}
		for _, wrong := range []string{"", "fw_", good + "0", good[:len(good)-1], strings.ToUpper(good), "fw_" + strings.Repeat("0", 48), "fw_" + strings.Repeat("\x00", 48), "' OR 1=1 --"} {
			refused(wrong, wrong)
		}
		b.exec("UPDATE users SET active = FALSE WHERE id = ?", b.Clerk.ID)
		refused("a disabled account", good)
		b.exec("UPDATE users SET active = TRUE WHERE id = ?", b.Clerk.ID)
		if _, err := b.s.Authenticate(ctx, good); err != nil {
			b.Errorf("enabled again: %v", err)
		}
		n, err := b.s.RevokeTokens(ctx, b.Clerk.Email)
		if err != nil || n != 2 {
			b.Errorf("%d tokens revoked, %v", n, err)
		}
		refused("a revoked token", good)
		late := token(b.Agent.Email)
		b.shift(time.Hour - time.Minute)
		if _, err := b.s.Authenticate(ctx, late); err != nil {
			b.Errorf("before it expires: %v", err)
		}
		b.shift(2 * time.Minute)
		refused("an expired token", late)
		b.exec("DELETE FROM user_roles WHERE user_id = ?", b.Agent2.ID)
		refused("an account without a role", token(b.Agent2.Email))
	})
}

// injections are what sends a query astray where text becomes SQL (F6, T19).
var injections = []string{
	"' OR '1'='1", "1 OR 1=1", "1; DROP TABLE requests", "'; DROP TABLE requests; --", "\" OR \"\"=\"", "') OR ('1'='1", "1) OR (1=1", "%", "_", "________", "%%%",
	"14625020' --", "14625020' OR ags <> '", "me OR 1=1", "none' OR '1'='1", "0x31", "1e1", "-1", "0", "9223372036854775807", "9223372036854775808", "NULL", "null", "?", "$1", "@x", ":x",
	"\x00", "14625020\x00", "\xff\xfe", "a\x00b", "ä\u0000", "\u202e", "id", "r.id", "r.id; --", "due_at", "number,r.ags", "number desc", "-number--", "(SELECT 1)", "pg_sleep(9)", "'||pg_sleep(9)--",
	"randomblob(1000000000)", "{\"a\":1}", "[]", "a'b", "a''b", "\\", "\\'", "/**/", "1/**/OR/**/1=1", "draft' OR status='applied", "draft,applied", strings.Repeat("a", 100000), strings.Repeat("'", 1000),
}

// TestInjectionsFindNothing puts them into every parameter of every list and lookup.
func TestInjectionsFindNothing(t *testing.T) {
	look(t, func(b *behind) {
		there := b.staged()
		params := map[string]func(f *models.Filter, v string){
			"status":       func(f *models.Filter, v string) { f.Status = []string{v} },
			"municipality": func(f *models.Filter, v string) { f.Municipality = v },
			"assistant":    func(f *models.Filter, v string) { f.Assistant = v },
			"section":      func(f *models.Filter, v string) { f.Section = v },
			"assignee":     func(f *models.Filter, v string) { f.Assignee = v },
			"due_before":   func(f *models.Filter, v string) { f.DueBefore = v },
			"sort":         func(f *models.Filter, v string) { f.Sort = v },
			"cursor":       func(f *models.Filter, v string) { f.Cursor = v },
		}
		harmless := func(what, v string, n int, err error) {
			b.Helper()
			if n != 0 || (err != nil && kindOf(err) != models.Invalid && kindOf(err) != models.NotFound) {
				b.Errorf("%s = %.40q: %d rows, %v", what, v, n, err)
			}
		}
		for _, u := range []models.User{b.Auditor, b.Clerk} {
			for _, v := range injections {
				for name, set := range params {
					var f models.Filter
					set(&f, v)
					rs, _, err := b.s.Requests(ctx, u, f)
					harmless(name, v, len(rs), err)
				}
				if rs, _, err := b.s.Requests(ctx, u, models.Filter{Q: v}); err != nil && kindOf(err) != models.Invalid {
					b.Errorf("q = %.40q: %d rows, %v", v, len(rs), err)
				}
				fs, _, err := b.s.Forms(ctx, u, v, "", "", 0)
				harmless("forms of", v, len(fs), err)
				fs, _, err = b.s.Forms(ctx, u, "", v, "", 0)
				harmless("forms like", v, len(fs), err)
				for _, list := range []func() (int, error){
					func() (int, error) { x, _, err := b.s.Forms(ctx, u, "", "", v, 0); return len(x), err },
					func() (int, error) { x, _, err := b.s.Municipalities(ctx, u, v, 0); return len(x), err },
					func() (int, error) { x, _, err := b.s.Assistants(ctx, v, 0); return len(x), err },
					func() (int, error) { x, _, err := b.s.Events(ctx, u, there.number, v, 0); return len(x), err },
					func() (int, error) { x, _, err := b.s.Versions(ctx, u, Bautzen, Birth, v, 0); return len(x), err },
					func() (int, error) { x, _, err := b.s.Mails(ctx, b.Admin, v, "", 0); return len(x), err },
					func() (int, error) { x, _, err := b.s.Mails(ctx, b.Admin, "", v, 0); return len(x), err },
				} {
					n, err := list()
					harmless("cursor or state", v, n, err)
				}
				for name, err := range map[string]error{
					"case": last(b.s.Case(ctx, u, v)), "form": last(b.s.Form(ctx, u, v, Birth)), "assistant": last(b.s.Form(ctx, u, Bautzen, v)),
					"day": last(b.s.FormOn(ctx, u, Bautzen, Birth, v)), "public": last(b.s.Public(ctx, Bautzen, v)),
				} {
					if err == nil {
						b.Errorf("%s %.40q was found", name, v)
					}
					harmless(name, v, 0, err)
				}
				if hash, err := b.s.PasswordHash(ctx, v); hash != "" || err != nil {
					b.Errorf("password of %.40q: %q, %v", v, hash, err)
				}
			}
		}
		b.audit()
	})
}
