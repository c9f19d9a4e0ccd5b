package heic

import (
	"os"
	"syscall"
)

// peakMB returns the largest memory that an ended process had, in megabytes.
func peakMB(s *os.ProcessState) float64 {
	return float64(s.SysUsage().(*syscall.Rusage).Maxrss) * 1024 / 1e6
}
