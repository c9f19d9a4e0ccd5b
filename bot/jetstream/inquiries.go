package jetstream

import (
	"context"
	"errors"
	"time"

	"beianbot/bot"
	"beianbot/kb"
)

// inquiryLife is how long after its last change an inquiry is kept.
const inquiryLife = 90 * 24 * time.Hour

// Inquiries implements [bot.Inquiries].
type Inquiries struct{ docs *Documents[bot.Inquiry] }

func openInquiries(ctx context.Context, s *Store) (*Inquiries, error) {
	docs, err := OpenDocuments[bot.Inquiry](ctx, s, "inquiry", Limits{Life: inquiryLife, Documents: 20_000, Bytes: 256 << 20, Guarded: true})
	if err != nil {
		return nil, err
	}
	return &Inquiries{docs: docs}, nil
}

// Inquiry implements [bot.Inquiries].
func (q *Inquiries) Inquiry(ctx context.Context, key string) (bot.Inquiry, error) {
	return q.docs.Get(ctx, key)
}

// ChangeInquiry implements [bot.Inquiries].
func (q *Inquiries) ChangeInquiry(ctx context.Context, key string, change func(*bot.Inquiry) error) (bot.Inquiry, error) {
	return q.docs.Change(ctx, key, func(i *bot.Inquiry) error {
		i.Key = key // a new one has none yet
		return change(i)
	})
}

// OpenInquiries implements [bot.Inquiries].
func (q *Inquiries) OpenInquiries(ctx context.Context) ([]bot.Inquiry, error) {
	all, err := q.docs.All(ctx)
	if err != nil {
		return nil, err
	}
	var open []bot.Inquiry
	for _, i := range all {
		if !i.IsClosed() {
			open = append(open, i)
		}
	}
	return open, nil
}

// Settings implements [bot.Settings].
type Settings struct{ docs *Documents[string] }

func openSettings(ctx context.Context, s *Store) (*Settings, error) {
	docs, err := OpenDocuments[string](ctx, s, "setting", Limits{Documents: 1000, Bytes: 4 << 20, Guarded: true})
	if err != nil {
		return nil, err
	}
	return &Settings{docs: docs}, nil
}

// Setting implements [bot.Settings].
func (s *Settings) Setting(ctx context.Context, key string) (string, error) {
	value, err := s.docs.Get(ctx, key)
	if errors.Is(err, kb.ErrNotFound) {
		return "", nil
	}
	return value, err
}

// Set implements [bot.Settings].
func (s *Settings) Set(ctx context.Context, key, value string) error {
	_, err := s.docs.Change(ctx, key, func(v *string) error { *v = value; return nil })
	return err
}
