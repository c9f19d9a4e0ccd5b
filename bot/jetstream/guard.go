package jetstream

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"
)

// versionHeader says which version of a guarded document a message is.
const versionHeader = "Beianbot-Version"

// versionOf returns the version that a message says it is, 0 for none.
func versionOf(m *natsjs.RawStreamMsg) int {
	n, _ := strconv.Atoi(m.Header.Get(versionHeader)) // 0 is none
	return n
}

// putVersion stores a version of a guarded document over the message seq.
func (d *Documents[T]) putVersion(ctx context.Context, m *nats.Msg, version int, seq uint64, opts ...natsjs.PublishOpt) error {
	m.Header = nats.Header{versionHeader: {strconv.Itoa(version)}}
	_, err := d.s.put(ctx, m, append(opts, natsjs.WithExpectLastSequencePerSubject(seq))...)
	return err
}

// guard opens the copies of the documents and makes bucket and copies equal, at
// the start. What the bucket has lost, or has in an older version that came back
// when damage took the newer one, is stored again from its copy. What the copies
// lack is copied.
func (d *Documents[T]) guard(ctx context.Context, life time.Duration) error {
	c, found, damaged, others, err := openCopies(filepath.Join(d.s.dir, copiesName, d.name), life)
	if err != nil {
		return err
	}
	d.copies = c
	stored := make(map[string]*natsjs.RawStreamMsg)
	err = d.s.scan(ctx, d.st, d.subject(">"), func(m *natsjs.RawStreamMsg) error {
		stored[strings.TrimPrefix(m.Subject, d.subject(""))] = m
		return nil
	})
	if err != nil {
		return err
	}
	restored, err := d.restore(ctx, stored, found, life)
	if err != nil {
		return err
	}
	copied, err := d.copyAll(stored)
	if err != nil {
		return err
	}
	lost, err := d.dropDamaged(damaged)
	if err != nil {
		return err
	}
	if others > 0 {
		d.s.log.Warn("in the folder of the copies of documents is what is none, which is left alone", "folder", filepath.Join(copiesName, d.name), "count", others)
	}
	d.tell(len(stored), restored, copied, len(damaged), lost)
	return nil
}

// restore stores what the bucket has lost.
func (d *Documents[T]) restore(ctx context.Context, stored map[string]*natsjs.RawStreamMsg, found map[string]copied, life time.Duration) (n int, err error) {
	for key, one := range found {
		seq := uint64(0)
		if m := stored[key]; m != nil {
			if v := versionOf(m); v == 0 || v >= one.Version {
				continue
			}
			seq = m.Sequence
			delete(stored, key) // the copy is right
		}
		var opts []natsjs.PublishOpt
		if life > 0 { // it is kept no longer for having been lost
			opts = append(opts, natsjs.WithMsgTTL(max(time.Second, (life-time.Since(one.Changed)).Truncate(time.Second))))
		}
		m := &nats.Msg{Subject: d.subject(key), Data: one.Data}
		if err := d.putVersion(ctx, m, one.Version, seq, opts...); err != nil {
			return n, fmt.Errorf("put back a document: %w", err)
		}
		n++
	}
	return n, nil
}

// copyAll copies what is stored and has no copy, or an older one.
func (d *Documents[T]) copyAll(stored map[string]*natsjs.RawStreamMsg) (n int, err error) {
	for key, m := range stored {
		one := d.copyOf(key, m)
		if d.copies.version(key) >= one.Version {
			continue
		}
		if _, err := d.copies.put(key, one); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// copyOf returns the copy of a document that is stored.
func (d *Documents[T]) copyOf(key string, m *natsjs.RawStreamMsg) copied {
	one := copied{Version: versionOf(m), Changed: m.Time.UTC(), Data: m.Data}
	if one.Version == 0 { // newer than any copy: a program that makes none has written it
		one.Version = d.copies.version(key) + 1
	}
	return one
}

// mend writes the copies that are owed.
func (d *Documents[T]) mend(ctx context.Context) error {
	owing := d.copies.owing()
	for _, key := range owing {
		m, err := last(ctx, d.st, d.subject(key))
		if errors.Is(err, natsjs.ErrMsgNotFound) { // it has expired
			d.copies.forgive(key)
			continue
		}
		if err == nil {
			_, err = d.copies.put(key, d.copyOf(key, m))
		}
		if err != nil { // the others would fail, too
			return fmt.Errorf("copy %d documents %q: %w", len(owing), d.name, err)
		}
	}
	if len(owing) > 0 {
		d.s.log.Info("documents that were not copied are copied now", "documents", d.name, "count", len(owing))
	}
	return nil
}

// dropDamaged removes the copies that cannot be read and were not made again, and
// says how many: neither the bucket nor the copies have those documents.
func (d *Documents[T]) dropDamaged(names []string) (lost int, err error) {
	for _, name := range names {
		path := filepath.Join(d.copies.dir, name)
		data, err := os.ReadFile(path)
		if err != nil {
			return lost, err
		}
		if _, ok := readCopy(data); ok {
			continue
		}
		if err := os.Remove(path); err != nil {
			return lost, err
		}
		lost++
	}
	return lost, nil
}

// tell logs what was done. A first start has nothing to say.
func (d *Documents[T]) tell(stored, restored, copied, damaged, lost int) {
	if restored > 0 {
		d.s.log.Error("the store had lost documents, which are back from their copies", "documents", d.name, "count", restored)
	}
	if copied > 0 || damaged > 0 {
		d.s.log.Warn("copies of documents were missing, old or damaged and are made anew from the store", "documents", d.name, "count", copied, "damaged", damaged)
	}
	if lost > 0 {
		d.s.log.Error("copies of documents are damaged, and the store has no such documents: they had expired, or are lost", "documents", d.name, "count", lost)
	}
	d.s.healed["KV_doc-"+d.name] = stored + restored
}
