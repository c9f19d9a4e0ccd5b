//go:build !linux

package heic

import "os"

// peakMB returns 0: systems count it in different units.
func peakMB(*os.ProcessState) float64 { return 0 }
