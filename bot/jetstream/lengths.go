package jetstream

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
)

// A record of the server's files is a head, a subject, a header with its length in
// front if there is one, a message and a checksum of them: but not of the lengths
// of subject and header. One flipped bit there moves the end of a key into the
// document, or the other way round, and nothing notices.
const (
	recordHead  = 22 // length of the record, number, time, length of the subject
	recordSum   = 8
	subjectAt   = 20      // where the length of the subject is
	withHeader  = 1 << 31 // in the length of the record
	headerFirst = "NATS/1.0"
	headerLast  = "\r\n\r\n"
)

// cutBadLengths cuts the files of the server at the first record in which a length
// is damaged, as it does itself at other damage, before it starts. What is lost by
// that is missed and put back like all else.
func cutBadLengths(dir string) error {
	blocks, err := filepath.Glob(filepath.Join(dir, "jetstream", "*", "streams", "*", "msgs", "*.blk"))
	if err != nil {
		return err
	}
	for _, path := range blocks {
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if at, bad := badLength(data); bad {
			if err := os.Truncate(path, int64(at)); err != nil {
				return fmt.Errorf("cut a damaged file: %w", err)
			}
		}
	}
	return nil
}

// badLength returns where in a file the first record with a damaged length is.
// Other damage is left to the server.
func badLength(data []byte) (at int, bad bool) {
	for at+recordHead+recordSum <= len(data) {
		head := binary.LittleEndian.Uint32(data[at:])
		length := int(head &^ withHeader)
		if length < recordHead+recordSum || length > len(data)-at {
			return 0, false
		}
		body := data[at+recordHead : at+length-recordSum]
		if !soundLengths(body, int(binary.LittleEndian.Uint16(data[at+subjectAt:])), head&withHeader != 0) {
			return at, true
		}
		at += length
	}
	return 0, false
}

// soundLengths reports whether the body of a record can have a subject of this
// length. What is stored is JSON, or nothing where something was deleted.
func soundLengths(body []byte, subject int, header bool) bool {
	if subject > len(body) {
		return false
	}
	rest := body[subject:]
	if header {
		if len(rest) < 4 {
			return false
		}
		length := int(binary.LittleEndian.Uint32(rest))
		if length > len(rest)-4 || length < len(headerFirst)+len(headerLast) {
			return false
		}
		header, after := rest[4:4+length], rest[4+length:]
		if !bytes.HasPrefix(header, []byte(headerFirst)) || !bytes.HasSuffix(header, []byte(headerLast)) {
			return false
		}
		rest = after
	}
	if len(bytes.Trim(body[:subject], " ")) != subject || bytes.ContainsAny(body[:subject], "{}[]\"\r\n\x00") {
		return false
	}
	return len(rest) == 0 || bytes.IndexByte([]byte(`{["`), rest[0]) >= 0
}
