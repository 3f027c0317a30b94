package modelstest

import (
	"net/url"
	"os/exec"
	"strings"
	"syscall"
)

// dieWithParent lets a server end with the test program, however that ends.
func dieWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGINT}
}

// replaceDatabase points a URL at another database of the same server, and at
// another role, whose password is its name; "" leaves what is there.
func replaceDatabase(from, name, role string) string {
	u, err := url.Parse(from)
	if err != nil {
		return from
	}
	if name != "" {
		u.Path = "/" + name
	}
	if role != "" {
		u.User = url.UserPassword(role, role)
	}
	return u.String()
}

// databaseOf is the name of the database that a URL points at.
func databaseOf(from string) string {
	u, err := url.Parse(from)
	if err != nil {
		return ""
	}
	return strings.TrimPrefix(u.Path, "/")
}
