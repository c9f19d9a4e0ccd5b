package telegram

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	tgbot "github.com/go-telegram/bot"

	"beianbot/bot"
)

const (
	downloadTries = 3
	// downloadLimit is for one file; 20 MiB at 128 KiB/s take 160 s.
	downloadLimit = 4 * time.Minute
)

var errExpired = errors.New("file link has expired")

// files fetches what people sent.
type files struct {
	api    *tgbot.Bot
	client *client
	base   string // address of the API, without slash at the end
}

// download returns the bytes of f, at most max of them.
func (s *files) download(ctx context.Context, f bot.FileRef, max int64) ([]byte, error) {
	if f.Bytes > max {
		return nil, bot.ErrTooBig
	}
	ctx, cancel := context.WithTimeout(ctx, downloadLimit)
	defer cancel()
	var err error
	for try := range downloadTries {
		if try > 0 && sleep(ctx, time.Duration(try)*time.Second) != nil {
			break
		}
		var data []byte
		if data, err = s.try(ctx, f, max); err == nil {
			return data, nil
		}
		if !passing(err) && !errors.Is(err, errExpired) {
			break
		}
	}
	if errors.Is(err, bot.ErrTooBig) {
		return nil, err
	}
	return nil, fmt.Errorf("download file: %w", err)
}

func (s *files) try(ctx context.Context, f bot.FileRef, max int64) ([]byte, error) {
	file, err := s.api.GetFile(ctx, &tgbot.GetFileParams{FileID: f.ID})
	switch {
	case says(err, "file is too big"):
		return nil, bot.ErrTooBig
	case err != nil:
		return nil, err
	case file.FileSize > max:
		return nil, bot.ErrTooBig
	case file.FilePath == "" || strings.HasPrefix(file.FilePath, "/"):
		return nil, errors.New("server hands out no link") // it runs with --local
	}
	return s.client.fetch(ctx, s.base+"/file/bot"+s.client.token+"/"+file.FilePath, max)
}

// fetch gets a file. Its address holds the token and is in no error.
func (c *client) fetch(ctx context.Context, address string, max int64) ([]byte, error) {
	data, err := c.fetchOnce(ctx, address, max)
	fail, _ := errors.AsType[*callError](err) // nil for a link that has expired, or leads to more than it said
	c.tally.called("file", answer{consent: err == nil}, fail)
	return data, err
}

func (c *client) fetchOnce(ctx context.Context, address string, max int64) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, errors.New("file has an odd path")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, &callError{method: "file", err: c.redact(err)}
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode == http.StatusNotFound:
		return nil, errExpired
	case resp.StatusCode != http.StatusOK:
		return nil, &callError{method: "file", status: resp.StatusCode}
	}
	if resp.ContentLength > max {
		return nil, bot.ErrTooBig
	}
	var data bytes.Buffer
	data.Grow(int(resp.ContentLength+1) + bytes.MinRead) // room for all: growing copies
	if _, err := data.ReadFrom(io.LimitReader(resp.Body, max+1)); err != nil {
		return nil, &callError{method: "file", err: c.redact(err)}
	}
	if int64(data.Len()) > max {
		return nil, bot.ErrTooBig
	}
	return data.Bytes(), nil
}
