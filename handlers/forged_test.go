package handlers_test

import (
	"fmt"
	"net/url"
	"testing"

	"formwandel/models"
)

// TestWhatTouchesSafetyIsWitnessed: forged forms, roles, accounts switched off and on, policies: each is in the security log, with numbers and no names.
func TestWhatTouchesSafetyIsWitnessed(t *testing.T) {
	st := newTour(newStage(t))
	clerk := st.as(st.Clerk)
	clerk.sendAs("/auftraege/ansichten", url.Values{"csrf": {"of somebody else, and long enough for one"}}).is(403)
	if err := st.s.ChangePerson(t.Context(), st.TenantAdmin, st.Clerk.ID, 1, models.PersonChange{Name: "Standesamt", Locale: "de", Roles: []models.Role{models.Clerk, models.Approver}}, nil); err != nil {
		t.Fatal(err)
	}
	for i, on := range []bool{false, true} {
		if err := st.s.SwitchPerson(t.Context(), st.TenantAdmin, st.Clerk.ID, 2+i, on, nil); err != nil {
			t.Fatal(err)
		}
	}
	seen := map[string]string{}
	st.query(`SELECT code, ags, detail FROM security_events`, func(scan func(...any) error) error {
		var code, ags, detail string
		err := scan(&code, &ags, &detail)
		seen[code] += ags + " " + detail + "; "
		return err
	})
	admin := fmt.Sprint("by ", st.TenantAdmin.ID)
	for code, want := range map[models.SecurityCode]string{
		models.FormForged: "14625020 POST; ", models.RolesChanged: "14625020 " + admin + "; ", models.AccountSwitched: "14625020 user_off " + admin + "; 14625020 user_on " + admin + "; ",
	} {
		if got := seen[string(code)]; got != want {
			t.Errorf("%s: %q, want %q", code, got, want)
		}
	}
}
