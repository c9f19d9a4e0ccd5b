package jetstream

import (
	"context"
	"fmt"
	"log/slog"

	natsjs "github.com/nats-io/nats.go/jetstream"

	"beianbot/kb"
)

// level makes the bucket and the journal of the knowledge equal, at the start.
//
// What only the bucket has is appended to the journal: the last edit before a
// crash, or all that is left when somebody removed the file. What only the
// journal has was lost by the server, which says nothing of it: one flipped bit
// costs it an entry, or after a crash all entries behind it in the file. Then the
// bucket is made anew from the journal, damaged files and all. When both have a
// version with different contents, only a person can tell which one is right.
func (e *Entries) level(ctx context.Context, log *slog.Logger) error {
	st, err := e.open(ctx)
	if err != nil {
		return err
	}
	stored, err := e.read(ctx, st)
	if err != nil {
		return err
	}
	appended, err := e.catchUp(ctx, stored)
	if err != nil {
		return err
	}
	lost, err := e.lost(ctx, stored)
	if err != nil {
		return err
	}
	if appended > 0 {
		log.Warn("the knowledge journal was behind the store and has been brought up to it", "versions", appended)
	}
	if lost > 0 {
		log.Error("the store has lost entries and is made anew from the knowledge journal", "versions", lost)
		if err := e.renew(ctx); err != nil {
			return fmt.Errorf("heal the store from the journal: %w", err)
		}
		log.Info("the store is whole again")
	}
	entries, versions, err := e.sum(ctx)
	if err != nil {
		return err
	}
	if err := e.s.held.check(entries, versions); err != nil {
		return err
	}
	return e.reportGaps(ctx, log)
}

// versions are the versions of each entry by number.
type versions map[string]map[int]kb.Entry

// read returns what the bucket holds, and notes the sequence of the newest
// version of each entry.
func (e *Entries) read(ctx context.Context, st natsjs.Stream) (versions, error) {
	stored := make(versions)
	newest := make(map[string]int)
	err := e.s.scan(ctx, st, subject(kbBucket, ">"), func(m *natsjs.RawStreamMsg) error {
		entry, err := decodeEntry(m)
		if err != nil {
			return err
		}
		if stored[entry.ID] == nil {
			stored[entry.ID] = make(map[int]kb.Entry)
		}
		stored[entry.ID][entry.Version] = entry
		e.seqs[entry.ID] = m.Sequence
		if entry.Version <= newest[entry.ID] {
			return fmt.Errorf("version %d of %q stands behind version %d", entry.Version, entry.ID, newest[entry.ID])
		}
		newest[entry.ID] = entry.Version
		return nil
	})
	return stored, err
}

// catchUp appends to the journal what only the bucket has.
func (e *Entries) catchUp(ctx context.Context, stored versions) (appended int, err error) {
	for id, vs := range stored {
		had, err := e.known(ctx, id)
		if err != nil {
			return appended, err
		}
		for n, entry := range vs {
			if !had[n] {
				appended++
			}
			// Where both have the version, this compares their contents.
			if err := e.journal.Restore(ctx, entry); err != nil {
				return appended, fmt.Errorf("the store and kb.jsonl disagree, remove the line from the file if the store is right, or the folder %q if the file is: %w", serverName, err)
			}
		}
	}
	return appended, nil
}

// known returns which versions of an entry the journal has.
func (e *Entries) known(ctx context.Context, id string) (map[int]bool, error) {
	if n, err := e.newest(ctx, id); err != nil || n.Version == 0 {
		return nil, err
	}
	vs, err := e.journal.History(ctx, id)
	if err != nil {
		return nil, err
	}
	had := make(map[int]bool, len(vs))
	for _, v := range vs {
		had[v.Version] = true
	}
	return had, nil
}

// lost counts the versions that the bucket should have, by the journal, and has
// not.
func (e *Entries) lost(ctx context.Context, stored versions) (n int, err error) {
	err = e.each(ctx, func(vs []kb.Entry) error {
		for _, v := range keptOf(vs) {
			if _, ok := stored[v.ID][v.Version]; !ok {
				n++
			}
		}
		return nil
	})
	return n, err
}

// keptOf returns the versions that the bucket keeps of those that there are.
func keptOf(vs []kb.Entry) []kb.Entry { return vs[max(0, len(vs)-kbHistory):] }

// renew makes the bucket anew with what the journal has. When it breaks off, the
// next start finds the bucket smaller than the journal and begins again.
func (e *Entries) renew(ctx context.Context) error {
	del, cancel := limited(ctx)
	defer cancel()
	if err := e.s.js.DeleteStream(del, "KV_"+kbBucket); err != nil {
		return err
	}
	if _, err := e.open(ctx); err != nil {
		return err
	}
	clear(e.seqs)
	return e.each(ctx, func(vs []kb.Entry) error {
		for _, v := range keptOf(vs) {
			if err := e.store(ctx, v); err != nil {
				return fmt.Errorf("put version %d of %q: %w", v.Version, v.ID, err)
			}
		}
		return nil
	})
}

// reportGaps says when history before the newest version is gone: from the
// journal because somebody cut it, and from the bucket because it is too long ago.
func (e *Entries) reportGaps(ctx context.Context, log *slog.Logger) error {
	gone := 0
	err := e.each(ctx, func(vs []kb.Entry) error {
		gone += vs[len(vs)-1].Version - len(vs)
		return nil
	})
	if gone > 0 {
		log.Warn("old versions of entries are missing from the knowledge journal", "versions", gone)
	}
	return err
}

// sum returns the number of entries and the sum of their newest versions.
func (e *Entries) sum(ctx context.Context) (entries, versions int, err error) {
	all, err := e.journal.Entries(ctx)
	for _, entry := range all {
		versions += entry.Version
	}
	return len(all), versions, err
}

// each calls f with all versions of every entry of the journal, oldest first.
func (e *Entries) each(ctx context.Context, f func([]kb.Entry) error) error {
	entries, err := e.journal.Entries(ctx)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		vs, err := e.journal.History(ctx, entry.ID)
		if err != nil {
			return err
		}
		if err := f(vs); err != nil {
			return err
		}
	}
	return nil
}
