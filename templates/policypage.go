package templates

import (
	"slices"

	"formwandel/models"
)

// PoliciesPage asks whose approval policy is to be shown.
type PoliciesPage struct {
	Desk
	Asked string
}

// File implements Page.
func (*PoliciesPage) File() string { return "policies" }

// PolicyPage says what a municipality demands of itself, form by form.
type PolicyPage struct {
	Desk
	AGS, Place string
	May        bool // propose, now
	Alone      bool // who may propose is the only one who could agree
	Waiting    *PolicyWaiting
	Kept       string // what was typed and has no place on the page any more
	Every      int    // approvals that every change needs, in every form
	Version    int
	Typed      string // what was entered for Every
	Stale      []string
	Forms      []PolicyForm
}

// PolicyWaiting is a proposal that waits for a second person, with what its reader may do about it.
type PolicyWaiting struct {
	*models.Proposal
	Lines                []PolicyLine
	Own                  bool   // the reader's municipality's
	Agree, Decline, Back bool   // what the reader may do
	Why                  string // why not, in words
	Reason, ReasonError  string // as typed
}

// PolicyForm is one form in the overview of a policy.
type PolicyForm struct {
	Path, Title string
	Sections    []PolicySection
}

// More tells whether the municipality demands more of itself than the questionnaire.
func (f PolicyForm) More() bool {
	return slices.ContainsFunc(f.Sections, func(s PolicySection) bool { return s.Needed > s.Default })
}

// PolicySection is one section with the approvals it needs.
type PolicySection struct {
	Key, Title        string
	Provider          int // approvals of the provider
	Default           int // of the municipality, as the questionnaire asks
	Own               int // what the municipality demands of itself here; 0 is nothing more
	Needed            int // what holds
	Typed, Error, Now string
}

// File implements Page.
func (*PolicyPage) File() string { return "policy" }

// PolicyFormPage changes what a municipality demands of itself in one form.
type PolicyFormPage struct {
	Desk
	AGS, Place, Assistant, Form string
	Version, Every, Max         int
	Sections                    []PolicySection
	Stale                       []string
}

// File implements Page.
func (*PolicyFormPage) File() string { return "policyform" }
