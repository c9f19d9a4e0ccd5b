package jetstream

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
)

// seal returns body as a line that begins with its CRC-32C, so that whoever reads
// it knows whether the disk has kept it. body has no newline.
func seal(body []byte) []byte {
	return fmt.Appendf(nil, "%08x %s\n", checksum(body), body)
}

// unseal returns what [seal] was given. ok is false for a line that was damaged,
// or torn by a crash.
func unseal(line []byte) (body []byte, ok bool) {
	sum, body, _ := bytes.Cut(bytes.TrimSuffix(line, []byte("\n")), []byte(" "))
	want, err := strconv.ParseUint(string(sum), 16, 32)
	return body, err == nil && uint32(want) == checksum(body)
}

func checksum(b []byte) uint32 { return crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)) }

// tmpPattern names files that are being written. What is found of them at a start
// was left by a crash.
const tmpPattern = ".tmp-*"

// replaceFile writes a file in place of the one of that name, which must not be
// open: some systems do not replace one that is. A crash of the process leaves the old
// or the new one whole, and with sync so does a power cut. Whether the new name
// outlives that is left to the file system, since every file that is written so can be
// made again from what the server has synced.
func replaceFile(path string, data []byte, sync bool) error {
	f, err := os.CreateTemp(filepath.Dir(path), tmpPattern) // for its owner alone
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil && sync {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// removeTmp removes what a crash has left of replaceFile in a folder.
func removeTmp(dir string) error {
	left, err := filepath.Glob(filepath.Join(dir, tmpPattern))
	if err != nil {
		return err
	}
	for _, path := range left {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
