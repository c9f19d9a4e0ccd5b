package jetstream

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// lockFile opens path, shared with nobody, until it is closed.
func lockFile(path string) (*os.File, error) {
	name, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return nil, err
	}
	h, err := syscall.CreateFile(name, syscall.GENERIC_READ|syscall.GENERIC_WRITE, 0, nil,
		syscall.OPEN_ALWAYS, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	const sharingViolation = syscall.Errno(32)
	if errors.Is(err, sharingViolation) {
		return nil, errInUse
	}
	if err != nil {
		return nil, fmt.Errorf("lock %q: %w", path, err)
	}
	return os.NewFile(uintptr(h), path), nil
}
