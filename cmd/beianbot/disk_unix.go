//go:build darwin || linux

package main

import "syscall"

// diskFree returns how many bytes are free, for this user, on the disk of a folder.
func diskFree(dir string) (uint64, error) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return 0, err
	}
	return st.Bavail * uint64(st.Bsize), nil
}
