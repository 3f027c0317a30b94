package models

import (
	"net"
	"net/url"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

// RelyingParty is this installation as passkeys know it: by the name in its
// base URL, never by what a request claims.
type RelyingParty struct {
	web *webauthn.WebAuthn // nil where browsers use no passkeys
}

// NewRelyingParty makes it. Browsers use passkeys under a name only, and with
// https, save on the machine itself under the name localhost.
func NewRelyingParty(baseURL string) (*RelyingParty, error) {
	u, err := url.Parse(baseURL)
	if err != nil {
		return nil, err
	}
	if net.ParseIP(u.Hostname()) != nil || u.Scheme != "https" && u.Hostname() != "localhost" {
		return &RelyingParty{}, nil
	}
	web, err := webauthn.New(&webauthn.Config{
		RPID: u.Hostname(), RPDisplayName: "Formwandel", RPOrigins: []string{u.Scheme + "://" + u.Host}, AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{ResidentKey: protocol.ResidentKeyRequirementPreferred, UserVerification: protocol.VerificationPreferred},
	})
	return &RelyingParty{web}, err
}

// Works tells whether passkeys can be used at this address.
func (r *RelyingParty) Works() bool { return r != nil && r.web != nil }

// keyHolder is a person as WebAuthn knows them.
type keyHolder struct {
	handle      []byte
	email, name string
	keys        []webauthn.Credential
}

// WebAuthnID implements webauthn.User.
func (k *keyHolder) WebAuthnID() []byte { return k.handle }

// WebAuthnName implements webauthn.User.
func (k *keyHolder) WebAuthnName() string { return k.email }

// WebAuthnDisplayName implements webauthn.User.
func (k *keyHolder) WebAuthnDisplayName() string { return k.name }

// WebAuthnCredentials implements webauthn.User.
func (k *keyHolder) WebAuthnCredentials() []webauthn.Credential { return k.keys }
