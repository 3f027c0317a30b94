package fields

import (
	"net/mail"
	"regexp"
	"strings"
)

// mailbox is the part before the @ as mail systems everywhere accept it.
var mailbox = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9!#$%&'*+/=?^_~-]*(\.[A-Za-z0-9!#$%&'*+/=?^_~-]+)*$`)

// readEmail reads a bare address; the domain is stored in lower-case ASCII.
func readEmail(_ Field, s string) (Value, error) {
	box, domain, ok := strings.Cut(s, "@")
	if !ok || len(box) > 64 || !mailbox.MatchString(box) {
		return "", refuse("email")
	}
	host, err := publicHost(domain)
	if err != nil {
		return "", refuse("email")
	}
	address := box + "@" + host
	if parsed, err := mail.ParseAddress(address); err != nil || parsed.Name != "" || parsed.Address != address {
		return "", refuse("email")
	}
	return quote(address), nil
}

func hintDomain(_ Field, old, new Value) (string, args) {
	_, before, _ := strings.Cut(old.text(), "@")
	_, after, _ := strings.Cut(new.text(), "@")
	if before == after {
		return "", nil
	}
	return "hint_domain", args{"old", before, "new", after}
}
