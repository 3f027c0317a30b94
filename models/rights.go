package models

// Right is something that somebody may do: an object and what is done with it.
type Right string

// The rights beside the steps of a request; those are StepRight(action).
const (
	SeeRequests     Right = "requests.see"
	FileRequests    Right = "requests.file"
	CommentRequests Right = "requests.comment"
	NoteRequests    Right = "requests.note"
	AttachFiles     Right = "requests.attach"
	AwaitRequests   Right = "requests.await"
	SeeStart        Right = "start.see"

	SeeForms          Right = "forms.see"
	SwitchMaintenance Right = "forms.maintenance"
	SeeFigures        Right = "figures.see"

	SeePolicy     Right = "policy.see"
	ChangePolicy  Right = "policy.change"
	AgreePolicy   Right = "policy.agree"
	SeeProfile    Right = "profile.see"
	ChangeProfile Right = "profile.change"
	SeeAccess     Right = "access.see"
	GrantAccess   Right = "access.grant"

	EnterDesk    Right = "desk.enter"
	SeePeople    Right = "people.see"
	ChangePeople Right = "people.change"
	EndTokens    Right = "people.tokens"
	SeeTrail     Right = "trail.see"
	SeeSecurity  Right = "security.see"

	EnterHouse       Right = "house.enter"
	CheckTrail       Right = "trail.check"
	SeeOutbox        Right = "outbox.see"
	RetryMails       Right = "outbox.retry"
	ForecastImports  Right = "imports.forecast"
	ImportTowns      Right = "municipalities.import"
	ImportAssistants Right = "assistants.import"
	SeeSettings      Right = "settings.see"
	SeeRetention     Right = "retention.see"
	SetRetention     Right = "retention.set"
	SeeFactorRoles   Right = "factors.see"
	SetFactorRoles   Right = "factors.require"

	OwnTokens Right = "own.tokens"
)

// StepRight is the right to take a step on a request; the workflow's rules say on which, and when.
func StepRight(a Action) Right { return Right("requests." + string(a)) }

// Scope is what an API token is good for. Whatever it is, the person's roles come first.
type Scope string

// The scopes that somebody can give a token on the web, and that of the
// operator's, which is all that the person may. A right without a scope needs
// the person: no token gives it.
const (
	ScopeRead       Scope = "read"
	ScopeFile       Scope = "file"
	ScopeWork       Scope = "work"
	ScopeAdminister Scope = "administer"
	ScopeAll        Scope = "all"
	inPerson        Scope = ""
)

// Scopes are those that can be chosen. Every token reads.
var Scopes = []Scope{ScopeRead, ScopeFile, ScopeWork, ScopeAdminister}

// Holders are roles of one side, and the scope with which a token of theirs will do.
type Holders struct {
	Roles []Role
	Scope Scope
}

// by names holders.
func by(s Scope, roles ...Role) Holders { return Holders{roles, s} }

// Allowance says who holds a right: roles of a municipality over what is their
// own municipality's, roles of the provider over everybody's, or, under a grant, over
// what is of those municipalities that have granted it.
type Allowance struct {
	What       string
	Own, House Holders
	Under      Access // "" where the provider needs no grant
}

// Allowance is what the table says about a right; known is false if it says nothing.
func (r Right) Allowance() (a Allowance, known bool) {
	a, known = rights[r]
	return a, known
}

// Groups of roles that the table names more than once.
var (
	townsfolk  = by(ScopeRead, Clerk, Approver, TenantAdmin)
	houseFolk  = by(ScopeRead, Agent, Lead, Admin, Auditor)
	towns      = by(ScopeAdminister, TenantAdmin)
	inspectors = by(ScopeAdminister, Admin, Auditor)
	admins     = by(ScopeAdminister, Admin)
)

// rights is who may do what. Steps of requests ask it too, before the workflow's rules.
var rights = map[Right]Allowance{
	SeeRequests:         {What: "see requests with everything in them, the calendar, who is looking", Own: townsfolk, House: houseFolk},
	FileRequests:        {What: "begin a request", Own: by(ScopeFile, Clerk)},
	CommentRequests:     {What: "comment a request", Own: by(ScopeFile, Clerk, Approver, TenantAdmin), House: by(ScopeWork, Agent, Lead, Admin)},
	NoteRequests:        {What: "write notes that only the provider reads", House: by(ScopeWork, Agent, Lead, Admin)},
	AttachFiles:         {What: "add a document to a request", Own: by(ScopeFile, Clerk, Approver), House: by(ScopeWork, Agent, Lead)},
	StepRight(Submit):   {What: "submit a draft", Own: by(ScopeFile, Clerk)},
	StepRight(Claim):    {What: "take a request over", House: by(ScopeWork, Agent)},
	StepRight(Assign):   {What: "assign a request", House: by(ScopeWork, Agent)},
	StepRight(Ask):      {What: "ask back", House: by(ScopeWork, Agent)},
	StepRight(Answer):   {What: "answer a question", Own: by(ScopeFile, Clerk)},
	StepRight(Edit):     {What: "edit a request", Own: by(ScopeFile, Clerk), House: by(ScopeWork, Agent)},
	StepRight(Approve):  {What: "approve a request", Own: by(ScopeAll, Approver), House: by(ScopeAll, Lead)},
	StepRight(Reject):   {What: "reject a request", Own: by(ScopeWork, Approver), House: by(ScopeWork, Agent, Lead)},
	StepRight(Reopen):   {What: "open an approved request again", Own: by(ScopeFile, Clerk), House: by(ScopeWork, Agent)},
	StepRight(Apply):    {What: "apply a request now", House: by(ScopeAll, Lead)},
	StepRight(Rebase):   {What: "rebase a failed request", House: by(ScopeWork, Agent)},
	StepRight(Withdraw): {What: "withdraw a request", Own: by(ScopeFile, Clerk)},
	StepRight(Accept):   {What: "accept what was applied", Own: by(ScopeFile, Clerk)},
	StepRight(Revert):   {What: "draft the way back", Own: by(ScopeFile, Clerk), House: by(ScopeWork, Agent)},
	AwaitRequests:       {What: "see what waits for oneself", Own: by(ScopeRead, Clerk, Approver), House: by(ScopeRead, Agent, Lead)},
	SeeStart:            {What: "see a town hall's first page", Own: townsfolk},
	SeeForms:            {What: "see forms with their values, versions and days to come", Own: townsfolk, House: houseFolk},
	SwitchMaintenance:   {What: "switch a form's maintenance mode", Own: towns, House: by(ScopeAdminister, Agent, Admin), Under: AccessMaintenance},
	SeeFigures:          {What: "see the figures", Own: townsfolk, House: houseFolk},
	SeePolicy:           {What: "see a municipality's approval policy", Own: townsfolk, House: houseFolk},
	ChangePolicy:        {What: "propose another approval policy for a municipality, and take a proposal back", Own: towns},
	AgreePolicy:         {What: "agree to another's proposal of an approval policy, or decline it", Own: by(ScopeAll, Approver, TenantAdmin)},
	SeeProfile:          {What: "see a municipality's profile", Own: towns, House: by(ScopeAdminister, Agent, Admin, Auditor)},
	ChangeProfile:       {What: "change a municipality's profile", Own: towns, House: by(ScopeAdminister, Agent, Admin), Under: AccessProfile},
	SeeAccess:           {What: "see what access the provider has been granted, and what it did with it", Own: by(ScopeRead, TenantAdmin), House: houseFolk},
	GrantAccess:         {What: "grant the provider access, and withdraw it", Own: towns},
	EnterDesk:           {What: "enter the administration", Own: towns, House: inspectors},
	SeePeople:           {What: "see accounts", Own: towns, House: inspectors},
	ChangePeople:        {What: "make accounts, change and switch them", Own: towns, House: admins},
	EndTokens:           {What: "end the API tokens of others", Own: by(inPerson, TenantAdmin), House: by(inPerson, Admin)},
	SeeTrail:            {What: "read the audit log", Own: towns, House: inspectors},
	SeeSecurity:         {What: "read the security log", Own: towns, House: inspectors},
	EnterHouse:          {What: "enter the provider's administration", House: inspectors},
	CheckTrail:          {What: "have the record checked", House: inspectors},
	SeeOutbox:           {What: "see the outbox and its letters", House: inspectors},
	RetryMails:          {What: "send a mail again", House: admins},
	ForecastImports:     {What: "see what an import would change", House: inspectors},
	ImportTowns:         {What: "import municipalities", House: admins},
	ImportAssistants:    {What: "import questionnaires", House: admins},
	SeeSettings:         {What: "see the installation's settings", House: inspectors},
	SeeRetention:        {What: "see how long things are kept, and what was deleted", House: inspectors},
	SetRetention:        {What: "say how long things are kept", House: by(inPerson, Admin)},
	SeeFactorRoles:      {What: "see which roles need a second factor", House: inspectors},
	SetFactorRoles:      {What: "say which roles need a second factor", House: by(inPerson, Admin)},
	OwnTokens:           {What: "make and end API tokens of one's own", Own: by(inPerson, Clerk, Approver, TenantAdmin), House: by(inPerson, Agent, Lead, Admin, Auditor)},
}
