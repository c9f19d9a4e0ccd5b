//go:build !linux

package heic

import "os/exec"

// limit does nothing: how a process bounds itself differs from system to system,
// and the clock bounds it everywhere.
func limit() {}

func bind(*exec.Cmd) {}
