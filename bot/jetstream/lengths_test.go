package jetstream

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
)

// Of a whole file no length is taken for damaged; with one bit flipped in the
// length of a subject or header, that record is found.
func TestBadLength(t *testing.T) {
	s := open(t, Config{Dir: t.TempDir()})
	fill(t, s)
	if err := s.Inbox.Done(t.Context(), 1004); err != nil { // leaves marks of what is deleted
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(s.serverDir(), "jetstream/$G/streams/*/msgs/*.blk"))
	if err != nil || len(files) < 8 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	tried := 0
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if at, bad := badLength(data); bad {
			t.Errorf("%s: a length at byte %d of %d is taken for damaged", path, at, len(data))
		}
		for at := 0; at < len(data); {
			head := binary.LittleEndian.Uint32(data[at:])
			subject := int(binary.LittleEndian.Uint16(data[at+subjectAt:]))
			for bit := range 16 {
				broken := bytes.Clone(data)
				broken[at+subjectAt+bit/8] ^= 1 << (bit % 8)
				tried++
				if found, bad := badLength(broken); !bad || found != at {
					t.Errorf("%s: record at %d with bit %d of the subject's length flipped: %d, %v", path, at, bit, found, bad)
				}
			}
			if head&withHeader != 0 {
				for bit := range 32 {
					broken := bytes.Clone(data)
					broken[at+recordHead+subject+bit/8] ^= 1 << (bit % 8)
					tried++
					if found, bad := badLength(broken); !bad || found != at {
						t.Errorf("%s: record at %d with bit %d of the header's length flipped: %d, %v", path, at, bit, found, bad)
					}
				}
			}
			at += int(head &^ withHeader)
		}
	}
	if tried < 1000 {
		t.Errorf("%d flips tried", tried)
	}
}
