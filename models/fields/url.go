package fields

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

func readURL(_ Field, s string) (Value, error) {
	address, err := webAddress(s)
	if err != nil {
		return "", err
	}
	return quote(address), nil
}

// keepURL checks host and ending beside what holds for every text.
func keepURL(f Field, v Value) error {
	u, err := url.Parse(v.text())
	if err != nil {
		return refuse("url")
	}
	if hosts := f.Constraints.Hosts; len(hosts) > 0 && !slices.Contains(hosts, u.Host) {
		return refuse("host_not_allowed", "hosts", strings.Join(hosts, ", "))
	}
	ends := func(suffix string) bool { return strings.HasSuffix(strings.ToLower(u.Path), strings.ToLower(suffix)) }
	if suffixes := f.Constraints.Suffixes; len(suffixes) > 0 && !slices.ContainsFunc(suffixes, ends) {
		return refuse("suffix", "suffixes", strings.Join(suffixes, ", "))
	}
	return keepText(f, v)
}

// amt24 are the hosts whose links name a municipality, by its key in ags=….
var amt24 = []string{"amt24.sachsen.de", "amt24dev.sachsen.de"}

// CheckPlace refuses a link into Amt24 that leads to another municipality than the one with this key.
func (f Field) CheckPlace(v Value, ags string) error {
	if f.Type != URL || v == "" {
		return nil
	}
	u, err := url.Parse(v.text())
	if err != nil || !slices.Contains(amt24, u.Host) {
		return nil //nolint:nilerr // Check knows whether it is an address
	}
	if slices.ContainsFunc(u.Query()["ags"], func(other string) bool { return other != ags }) {
		return at(refuse("other_municipality", "ags", ags), f.Key)
	}
	return nil
}

const https = "https://"

// entity is HTML that was copied along with an address.
var entity = regexp.MustCompile(`(?i)&(#\d+|#x[0-9a-f]+|[a-z]+);|&#`)

// webAddress reads an https address of a public host and writes it anew, so
// that what is stored is exactly what a page will link to.
func webAddress(s string) (string, error) {
	if len(s) < len(https) || !strings.EqualFold(s[:len(https)], https) {
		return "", refuse("https")
	}
	if strings.ContainsAny(s, "\\<>\"{}|^`") || strings.ContainsFunc(s, unicode.IsSpace) || entity.MatchString(s) {
		return "", refuse("url")
	}
	rest := s[len(https):]
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	host, err := authority(rest[:end])
	if err != nil {
		return "", err
	}
	place, err := location(rest[end:])
	if err != nil {
		return "", err
	}
	address := https + host + place
	if u, err := url.Parse(address); err != nil || u.Host != host || u.String() != address {
		return "", refuse("url")
	}
	return address, nil
}

// authority is the host between "https://" and the path.
func authority(s string) (string, error) {
	name, port, hasPort := strings.Cut(s, ":")
	switch {
	case strings.Contains(s, "@"):
		return "", refuse("credentials")
	case strings.ContainsAny(s, "[]"):
		return "", refuse("ip_address")
	case hasPort && port != "443":
		return "", refuse("port")
	}
	return publicHost(name)
}

// location is path, query and fragment with every character encoded that has
// to be, and with an empty path as "/".
func location(s string) (string, error) {
	s, fragment, hasFragment := strings.Cut(s, "#")
	path, query, hasQuery := strings.Cut(s, "?")
	if path == "" {
		path = "/"
	}
	path, err := escape(path, "")
	if err != nil || !straight(path) {
		return "", refuse("url")
	}
	for _, part := range []struct {
		sign, text string
		present    bool
	}{{"?", query, hasQuery}, {"#", fragment, hasFragment}} {
		if !part.present || part.text == "" {
			continue
		}
		text, err := escape(part.text, "?")
		if err != nil {
			return "", err
		}
		path += part.sign + text
	}
	return path, nil
}

// twice finds what is encoded twice or hides a separator.
var twice = regexp.MustCompile(`%25[0-9A-Fa-f]{2}|%2F|%5C`)

// straight says that a path goes nowhere but down.
func straight(path string) bool {
	if strings.Contains(path, "//") || twice.MatchString(path) {
		return false
	}
	for _, segment := range strings.Split(path, "/") {
		if name := strings.ReplaceAll(segment, "%2E", "."); name == "." || name == ".." {
			return false
		}
	}
	return true
}

// escape writes s with the characters that may stand in an address; those that
// are encoded already stay so. What cannot be seen may not be hidden in %00 either.
func escape(s, more string) (string, error) {
	plain, err := url.PathUnescape(s)
	if err != nil || !utf8.ValidString(plain) || strings.ContainsRune(plain, '\\') || strings.ContainsFunc(plain, hidden) {
		return "", refuse("url")
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '%':
			b.WriteString(strings.ToUpper(s[i : i+3]))
			i += 2
		case c < utf8.RuneSelf && (isAlnum(c) || strings.IndexByte("-._~!$&*+,/:;=@"+more, c) >= 0):
			b.WriteByte(c)
		default:
			const hex = "0123456789ABCDEF"
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		}
	}
	return b.String(), nil
}

func isAlnum(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

func hintHost(_ Field, old, new Value) (string, args) {
	before, _ := url.Parse(old.text())
	after, _ := url.Parse(new.text())
	if before == nil || after == nil || before.Host == after.Host {
		return "", nil
	}
	return "hint_host", args{"old", before.Host, "new", after.Host}
}
