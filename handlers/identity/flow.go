package identity

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"formwandel/models"
)

// Failure is a sign-in that did not succeed: what people are told, and what
// operators may read. Neither holds a token, a code, a name or an address of anybody.
type Failure struct {
	Refusal *models.Error
	Why     string
}

// Error is for operators.
func (f *Failure) Error() string { return f.Refusal.Code + ": " + f.Why }

// Unwrap is what people are told.
func (f *Failure) Unwrap() error { return f.Refusal }

func untrusted(why string) error {
	return &Failure{&models.Error{Kind: models.Forbidden, Code: "identity_untrusted"}, why}
}

// clip keeps the log's lines short, whatever a provider answers.
func clip(s string) string {
	if len(s) > 200 {
		s = strings.ToValidUTF8(s[:200], "") + "…"
	}
	return s
}

// Attempt is a sign-in that has begun: what only this browser's way back may know.
type Attempt struct {
	State, Nonce, Verifier string
	Fresh                  int64 // the provider has to ask who is there, after then (Unix seconds); 0: it may know already
}

// Begin tells where to send a browser to sign in, and what to remember until it
// comes back; fresh: the provider shall ask who is there, even if it knows.
func (p *Provider) Begin(ctx context.Context, back string, fresh bool) (string, Attempt, error) {
	d, err := p.discover(ctx)
	if err != nil {
		return "", Attempt{}, p.away(err)
	}
	a := Attempt{State: secret(), Nonce: secret(), Verifier: oauth2.GenerateVerifier()}
	o := d.oauth
	o.RedirectURL = back
	ask := []oauth2.AuthCodeOption{oidc.Nonce(a.Nonce), oauth2.S256ChallengeOption(a.Verifier)}
	if fresh {
		a.Fresh = p.now().Unix()
		ask = append(ask, oauth2.SetAuthURLParam("prompt", "login"), oauth2.SetAuthURLParam("max_age", "0"))
	}
	return o.AuthCodeURL(a.State, ask...), a, nil
}

func secret() string {
	b := make([]byte, 24)
	_, _ = rand.Read(b) // never fails (crypto/rand since Go 1.24)
	return hex.EncodeToString(b)
}

// Person is who came back: who they are, whether they have shown two factors, and
// whether one of these was as hard to phish as a passkey.
type Person struct {
	models.Identity
	Second, Keyed bool
}

// End takes what a browser brought back and asks the provider who that is.
func (p *Provider) End(ctx context.Context, a Attempt, back string, query url.Values) (*Person, error) {
	d, err := p.discover(ctx)
	if err != nil {
		return nil, p.away(err)
	}
	if err := p.answered(d, query); err != nil {
		return nil, err
	}
	ctx = oidc.ClientContext(ctx, p.client)
	o := d.oauth
	o.RedirectURL = back
	token, err := o.Exchange(ctx, query.Get("code"), oauth2.VerifierOption(a.Verifier))
	if err != nil {
		return nil, p.unexchanged(err)
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := d.verifier.Verify(ctx, raw)
	if err != nil {
		return nil, untrusted(clip(err.Error()))
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(a.Nonce)) != 1 {
		return nil, untrusted("the token is for another attempt")
	}
	says, err := p.claims(ctx, d, id, token)
	if err != nil {
		return nil, err
	}
	if at, _ := says["auth_time"].(float64); a.Fresh > 0 && int64(at) < a.Fresh-clockDiffers {
		return nil, &Failure{&models.Error{Kind: models.Forbidden, Code: "identity_not_fresh"}, "the provider has not asked again who is there"}
	}
	return p.person(id, says)
}

// clockDiffers is by how many seconds a provider's clock may be behind.
const clockDiffers = 60

// answered refuses an answer that is somebody else's, and one that says no.
func (p *Provider) answered(d *discovered, query url.Values) error {
	if iss := query.Get("iss"); iss != p.Issuer && (iss != "" || d.saysIss) {
		return untrusted("the answer comes from another issuer")
	}
	switch code := query.Get("error"); {
	case code == "access_denied":
		return &Failure{&models.Error{Kind: models.Forbidden, Code: "identity_cancelled"}, code}
	case code != "":
		return &Failure{&models.Error{Kind: models.Forbidden, Code: "identity_refused"}, "the provider refuses: " + known(code)}
	case query.Get("code") == "":
		return untrusted("the answer has no code")
	}
	return nil
}

// refusals are the codes with which a provider may refuse (RFC 6749, OpenID Connect Core): no other text of it is logged.
var refusals = []string{
	"invalid_request", "unauthorized_client", "unsupported_response_type", "invalid_scope", "server_error", "temporarily_unavailable", "interaction_required",
	"login_required", "account_selection_required", "consent_required", "invalid_client", "invalid_grant", "unsupported_grant_type",
}

func known(code string) string {
	if slices.Contains(refusals, code) {
		return code
	}
	return "for a reason of its own"
}

// unexchanged is the refusal when a code brought no token.
func (p *Provider) unexchanged(err error) error {
	var refused *oauth2.RetrieveError
	if !errors.As(err, &refused) {
		return p.away(fmt.Errorf("asking for the token: %w", inner(err)))
	}
	status := 0
	if refused.Response != nil {
		status = refused.Response.StatusCode
	}
	if status >= 500 {
		return p.away(fmt.Errorf("asking for the token: status %d", status))
	}
	return &Failure{&models.Error{Kind: models.Forbidden, Code: "identity_refused"}, fmt.Sprintf("asking for the token: status %d, %s", status, known(refused.ErrorCode))}
}

// inner is why a call failed, without what was sent.
func inner(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return errors.New("the answer makes no sense")
}

// claims are what the token says, and for what it leaves out what the provider
// says when asked with it.
func (p *Provider) claims(ctx context.Context, d *discovered, id *oidc.IDToken, token *oauth2.Token) (map[string]any, error) {
	says := map[string]any{}
	if err := id.Claims(&says); err != nil {
		return nil, untrusted("the token says nothing")
	}
	azp, named := says["azp"]
	if named && azp != p.ClientID || !named && len(id.Audience) > 1 {
		return nil, untrusted("the token was given to somebody else")
	}
	if id.AccessTokenHash != "" && id.VerifyAccessToken(token.AccessToken) != nil {
		return nil, untrusted("the token does not belong to the access token beside it")
	}
	if says["email"] != nil && at(says, p.GroupsClaim) != nil || d.provider.UserInfoEndpoint() == "" {
		return says, nil
	}
	info, err := d.provider.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		return nil, p.away(fmt.Errorf("asking for the person: %w", inner(err)))
	}
	more := map[string]any{}
	if err := info.Claims(&more); err != nil || info.Subject != id.Subject {
		return nil, untrusted("the provider speaks of somebody else")
	}
	p.complete(says, more)
	return says, nil
}

// complete adds to what the token says what only the provider said when asked.
// An address and whether it is confirmed come from the same place; how somebody
// signed in, only the token says.
func (p *Provider) complete(says, more map[string]any) {
	if says["email"] == nil {
		says["email"], says["email_verified"] = more["email"], more["email_verified"]
	}
	if at(says, p.GroupsClaim) == nil {
		says[p.GroupsClaim[0]] = more[p.GroupsClaim[0]]
	}
	for _, name := range []string{"name", "locale"} {
		if says[name] == nil {
			says[name] = more[name]
		}
	}
}

// person is who the claims speak of.
func (p *Provider) person(id *oidc.IDToken, says map[string]any) (*Person, error) {
	if id.Subject == "" {
		return nil, untrusted("the token names nobody")
	}
	ags, roles, err := p.means(list(at(says, p.GroupsClaim)))
	if err != nil {
		return nil, &Failure{err, "groups of two sides"}
	}
	who := models.Identity{Provider: p.Key, Issuer: p.Issuer, Subject: id.Subject, AGS: ags, Roles: roles, Confined: p.Municipality, Create: p.Create}
	who.Email, _ = says["email"].(string)
	who.Verified, _ = says["email_verified"].(bool)
	who.Name, _ = says["name"].(string)
	if lang, _ := says["locale"].(string); strings.HasPrefix(lang, "en") {
		who.Locale = "en"
	}
	out := &Person{Identity: who}
	out.Second, out.Keyed = p.strength(says)
	return out, nil
}

// Words for a proof that cannot be phished: in amr a key that is kept in hardware (RFC 8176),
// in acr those of OpenID Connect EAP. A key in software (swk) may as well be a file, and is none.
var (
	unphishableAMR = []string{"hwk"}
	unphishableACR = []string{"phr", "phrh"}
)

// strength is how somebody has signed in: with two factors if the settings count one of the
// token's words so, and with one of them as good as a passkey if the token says that besides.
func (p *Provider) strength(says map[string]any) (second, keyed bool) {
	acr, _ := says["acr"].(string)
	second, keyed = acr != "" && slices.Contains(p.SecondFactor.ACR, acr), slices.Contains(unphishableACR, acr)
	for _, method := range list(says["amr"]) {
		second, keyed = second || slices.Contains(p.SecondFactor.AMR, method), keyed || slices.Contains(unphishableAMR, method)
	}
	return second, second && keyed
}

// at is the value that a way through claims leads to, nil if it leads nowhere.
func at(says map[string]any, way []string) any {
	var v any = says
	for _, name := range way {
		inner, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = inner[name]
	}
	return v
}

// list are the texts of a claim that is a list, or a single one.
func list(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		var out []string
		for _, x := range v {
			if s, ok := x.(string); ok {
				out = append(out, s)
			}
		}
		return out
	}
	return nil
}
