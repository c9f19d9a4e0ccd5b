package heic

import (
	"os/exec"
	"syscall"
)

// limit bounds the memory and the processor time of this process. A limit that
// cannot be set leaves the clock as the only one.
func limit() {
	_ = syscall.Setrlimit(syscall.RLIMIT_DATA, &syscall.Rlimit{Cur: childMemory, Max: childMemory})
	_ = syscall.Setrlimit(syscall.RLIMIT_CPU, &syscall.Rlimit{Cur: childSeconds, Max: childSeconds})
	_ = syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}) // a core file would hold the picture
}

// bind puts the child into a process group of its own, so that an interrupt at
// the terminal reaches the parent only, which then ends the child.
func bind(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}
