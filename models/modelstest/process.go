package modelstest

import (
	"net/url"
	"os/exec"
	"syscall"
)

// dieWithParent lets a server end with the test program, however that ends.
func dieWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGINT}
}

// replaceDatabase points a URL at another database of the same server.
func replaceDatabase(admin, name string) string {
	u, err := url.Parse(admin)
	if err != nil {
		return admin
	}
	u.Path = "/" + name
	return u.String()
}
