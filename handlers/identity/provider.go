package identity

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"formwandel/models"
)

// Provider is an OpenID provider that people may sign in with.
type Provider struct {
	Settings
	client   *http.Client
	now      func() time.Time
	insecure bool

	mu    sync.Mutex // one asks, the others wait for what it hears
	known *discovered
	asked time.Time // when it was asked last what it offers
	why   error     // it did not answer then
}

// Providers are all of them, as they were configured.
type Providers []*Provider

// New makes providers out of settings; none of them is asked anything yet.
// Insecure allows plain http on this machine, for rehearsals.
func New(settings []Settings, now func() time.Time, insecure bool) Providers {
	var out Providers
	for _, s := range settings {
		out = append(out, &Provider{Settings: s, client: client(s.Issuer, insecure), now: now, insecure: insecure})
	}
	return out
}

// Called finds a provider by its key, nil if there is none.
func (ps Providers) Called(key string) *Provider {
	for _, p := range ps {
		if p.Key == key {
			return p
		}
	}
	return nil
}

// Title is what a provider is called in a language.
func (p *Provider) Title(lang string) string {
	if name := p.Name[lang]; name != "" {
		return name
	}
	return p.Name["de"]
}

// discovered is what a provider says of itself.
type discovered struct {
	provider *oidc.Provider
	oauth    oauth2.Config
	verifier *oidc.IDTokenVerifier
	ends     string // where a session there can be ended, "" nowhere
	saysIss  bool   // every answer names its issuer (RFC 9207)
}

// How often a provider is asked what it offers: again after a day's hour, and soon when it did not answer.
const (
	askAgain    = time.Hour
	askAfterBad = 5 * time.Second
)

// signing are the ways in which a token may be signed: none of them knows a shared secret, none is "none".
var signing = []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.EdDSA}

// discover asks the provider what it offers, once in a while. What it said
// before holds while it does not answer.
func (p *Provider) discover(ctx context.Context) (*discovered, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	since := p.now().Sub(p.asked)
	switch {
	case p.known != nil && p.why == nil && since < askAgain, p.known != nil && p.why != nil && since < askAfterBad:
		return p.known, nil
	case p.why != nil && since < askAfterBad:
		return nil, p.why
	}
	found, err := p.ask(ctx)
	if err != nil {
		found, err = p.ask(ctx) // once more: a connection that was kept may have died
	}
	p.asked, p.why = p.now(), err
	if err == nil {
		p.known = found
	}
	if p.known != nil {
		return p.known, nil
	}
	return nil, err
}

// ask reads the provider's description of itself.
func (p *Provider) ask(ctx context.Context) (*discovered, error) {
	provider, err := oidc.NewProvider(oidc.ClientContext(ctx, p.client), p.Issuer)
	if err != nil {
		return nil, err
	}
	var says struct {
		Ends    string   `json:"end_session_endpoint"`
		SaysIss bool     `json:"authorization_response_iss_parameter_supported"`
		Methods []string `json:"token_endpoint_auth_methods_supported"`
	}
	if err := provider.Claims(&says); err != nil {
		return nil, err
	}
	end := provider.Endpoint()
	for _, address := range []string{end.AuthURL, end.TokenURL} {
		if !p.reachable(address) {
			return nil, fmt.Errorf("the provider describes an address that can't be used: %q", address)
		}
	}
	if !p.reachable(says.Ends) {
		says.Ends = ""
	}
	end.AuthStyle = oauth2.AuthStyleInHeader // said once: asking twice would spend the code
	if says.Methods != nil && !slices.Contains(says.Methods, "client_secret_basic") {
		end.AuthStyle = oauth2.AuthStyleInParams
	}
	return &discovered{
		provider: provider, ends: says.Ends, saysIss: says.SaysIss,
		oauth:    oauth2.Config{ClientID: p.ClientID, ClientSecret: p.secret, Endpoint: end, Scopes: p.Scopes},
		verifier: provider.Verifier(&oidc.Config{ClientID: p.ClientID, SupportedSigningAlgs: signing, Now: p.now}),
	}, nil
}

// reachable tells whether a browser may be led to an address, or the program speak to it.
func (p *Provider) reachable(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil {
		return false
	}
	return u.Scheme == "https" || p.insecure && u.Scheme == "http" && loopback(u.Hostname())
}

// away is the refusal when a provider can't be asked.
func (p *Provider) away(err error) error {
	return &Failure{&models.Error{Kind: models.Busy, Code: "identity_away"}, "the provider does not answer: " + clip(err.Error())}
}

// EndAddress is where somebody ends the session that they have at the provider,
// and comes back from; "" if the provider has no such place.
func (p *Provider) EndAddress(ctx context.Context, back string) string {
	d, err := p.discover(ctx)
	if err != nil || d.ends == "" {
		return ""
	}
	u, err := url.Parse(d.ends)
	if err != nil {
		return ""
	}
	q := u.Query()
	q.Set("client_id", p.ClientID)
	q.Set("post_logout_redirect_uri", back)
	u.RawQuery = q.Encode()
	return u.String()
}
