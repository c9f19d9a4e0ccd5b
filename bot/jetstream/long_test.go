package jetstream

import (
	"flag"
	"testing"

	natsjs "github.com/nats-io/nats.go/jetstream"
)

var long = flag.Bool("long", false, "run the soak tests at full length")

// bucketOf returns the bucket of the knowledge.
func bucketOf(t *testing.T, s *Store) natsjs.Stream {
	t.Helper()
	st, err := s.Entries.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return st
}
