package handlers

import (
	"runtime"
	"syscall"
)

// giveWay binds the caller to its thread and lowers that thread's priority; on Linux, each has its own (setpriority(2), "C library/kernel differences").
func giveWay() error {
	runtime.LockOSThread() // and never unlocked
	raw, err := syscall.Getpriority(syscall.PRIO_PROCESS, 0)
	if err != nil {
		return err
	}
	if nice := 20 - raw; nice >= lowliness {
		return nil // the whole program does
	}
	return syscall.Setpriority(syscall.PRIO_PROCESS, 0, lowliness)
}
