package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

// ErrJournalFull is returned by [Journal.Add] when the updates that wait fill
// the journal. Nothing of the batch was stored.
var ErrJournalFull = errors.New("journal is full")

// A Record is one update as the server sent it.
type Record struct {
	ID     int64           // update_id
	Chat   int64           // in whose order it belongs, 0 for none or not known
	Raw    json.RawMessage // the update, compact JSON
	Deaths int             // how often it was begun and neither released nor done
}

// A Failure tells of an update that was given up. It holds nothing of what the
// update holds: whoever looks for the cause needs to know where the program
// failed, and the person has been told to send it again.
type Failure struct {
	ID     int64     `json:"update"`
	Kind   string    `json:"kind"`             // of the event: "text", "upload"
	Deaths int       `json:"deaths,omitempty"` // processes that died over it
	Err    string    `json:"err,omitempty"`    // of the last attempt
	At     time.Time `json:"at"`
}

// A Journal keeps updates from before they are confirmed to the server until
// they are handled. Its methods may be called concurrently. Package telegramtest
// has the checks that every implementation must pass.
//
// IDs are compared for equality only: after a quiet week the server goes on
// with a number that may be lower than the last.
type Journal interface {
	// Waiting returns what was added and is not done, in the order it was added.
	Waiting(ctx context.Context) ([]Record, error)
	// Add stores a batch so that it outlives a power cut, and returns those of
	// it that are new: an update that waits or was done lately is left out.
	// After an error none of the batch is waiting.
	Add(ctx context.Context, batch []Record) ([]Record, error)
	// Begin notes that these updates are at work: Deaths counts one more unless
	// Release or Done follows. The note outlives the process.
	Begin(ctx context.Context, ids ...int64) error
	// Release takes the last Begin back: the process goes on, or ends as it
	// should.
	Release(ctx context.Context, ids ...int64) error
	// Done forgets the content of these updates and remembers their IDs for a
	// while. A mark that is lost makes an update come twice.
	Done(ctx context.Context, ids ...int64) error
	// Bury notes that an update failed for good. Done follows.
	Bury(ctx context.Context, f Failure) error
}
