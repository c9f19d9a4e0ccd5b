package jetstream

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"beianbot/bot"
)

// A question for staff outlives damage of the server's files, and the log tells of
// it, wherever in a file it was.
func TestInquiriesAreHealed(t *testing.T) {
	for _, at := range []float64{0.02, 0.5, 0.98} {
		cfg := Config{Dir: t.TempDir()}
		s := open(t, cfg)
		for n := range 100 {
			if _, err := s.Inquiries.ChangeInquiry(t.Context(), fmt.Sprintf("q%d", n), func(i *bot.Inquiry) error {
				i.Question = strings.Repeat("问", 50)
				return nil
			}); err != nil {
				t.Fatal(err)
			}
		}
		closing(t, s)
		files, err := filepath.Glob(filepath.Join(cfg.Dir, "nats", "jetstream", "*", "streams", "KV_doc-inquiry", "msgs", "*.blk"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no file of the stream: %v", err)
		}
		data, err := os.ReadFile(files[0])
		if err != nil {
			t.Fatal(err)
		}
		data[int(at*float64(len(data)))] ^= 0x55
		if err := os.WriteFile(files[0], data, 0o600); err != nil {
			t.Fatal(err)
		}
		s, l, err := try(t, cfg)
		if err != nil {
			t.Fatal(err)
		}
		left, err := s.Inquiries.OpenInquiries(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(left) != 100 {
			t.Errorf("%d of 100 are left after damage at %.2f", len(left), at)
		}
		if !strings.Contains(l.String(), "stream=KV_doc-inquiry") {
			t.Errorf("%d of 100 are left after damage at %.2f and the log says nothing:\n%s", len(left), at, l)
		}
	}
}
