package mailer

import (
	"fmt"
	"strings"
	"testing"
)

func TestParseURL(t *testing.T) {
	cases := map[string]Server{
		"smtp://mail.kisa.example":                           {Host: "mail.kisa.example", Port: 587, Security: StartTLS},
		"smtp://a:b@mail.kisa.example:2525":                  {Host: "mail.kisa.example", Port: 2525, User: "a", Password: "b", Security: StartTLS},
		"smtps://a:b@mail.kisa.example":                      {Host: "mail.kisa.example", Port: 465, User: "a", Password: "b", Security: Implicit},
		"smtp://127.0.0.1:25?tls=none":                       {Host: "127.0.0.1", Port: 25, Security: NoTLS},
		"smtp://localhost/?tls=none":                         {Host: "localhost", Port: 25, Security: NoTLS},
		"smtp://[::1]:25?tls=none":                           {Host: "::1", Port: 25, Security: NoTLS},
		"smtp://a%40kisa.example:p%40s%2Fs@mail.example:587": {Host: "mail.example", Port: 587, User: "a@kisa.example", Password: "p@s/s", Security: StartTLS},
	}
	for raw, want := range cases {
		got, err := ParseURL(raw)
		if err != nil || got != want {
			t.Errorf("%s: %#v, %v", raw, got, err)
		}
	}
}

func TestParseURLNamesWhatIsWrong(t *testing.T) {
	cases := map[string]string{
		"":                                      "smtp://",
		"mail.example":                          "smtp://",
		"http://mail.example":                   "smtp://",
		"smtp://":                               "host",
		"smtp://:587":                           "host",
		"smtp://mail.example:465":               "smtps://",
		"smtp://mail.example:0":                 "port",
		"smtp://mail.example:99999":             "port",
		"smtp://mail.example/inbox":             "nothing may follow",
		"smtp://mail.example#x":                 "nothing may follow",
		"smtp://mail.example?tls=maybe":         "tls",
		"smtp://mail.example?tls=none&tls=none": "tls",
		"smtp://mail.example?ssl=1":             "option",
		"smtps://mail.example?tls=none":         "smtps://",
		"smtp://user@mail.example":              "password",
		"smtp://user:@mail.example":             "password",
		"smtp://a:geheim@mail.example?tls=none": "unencrypted",
		"smtp://a:ge heim@mail.example":         "%-encoded",
		"smtp://a:12?34geheim@mail.example":     "option",
		"smtp://a:12#34geheim@mail.example":     "",
		"smtp://a:12/34geheim@mail.example":     "",
		"smtp://a:gehe/im@mail.example":         "%-encoded",
		"smtp://a:ge%zzheim@mail.example":       "%-encoded",
		"geheim://mail.example":                 "smtp://",
		"smtp://mail.example?tls=geheim":        "tls",
	}
	for raw, want := range cases {
		_, err := ParseURL(raw)
		if err == nil {
			t.Errorf("%q is accepted", raw)
			continue
		}
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %q does not mention %q", raw, err, want)
		}
		for _, secret := range []string{"geheim", "gehe", "heim", "12", "34"} {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("%q: %q shows the password", raw, err)
			}
		}
	}
}

func TestServerKeepsItsPassword(t *testing.T) {
	s := Server{Host: "mail.example", Port: 587, User: "a", Password: "geheim", Security: StartTLS}
	if got := fmt.Sprint(s) + s.LogValue().String(); strings.Contains(got, "geheim") {
		t.Error(got)
	}
}
