package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"

	"beianbot/bot"
	"beianbot/bot/jetstream"
)

// keyName is the file, in the data folder, of the key under which staff sign.
const keyName = "key"

// keySetting keeps the key a second time: without it nobody who has claimed a
// question is known any more.
const keySetting = "key"

// openStore opens what is kept in a folder for the bot with a number.
func openStore(ctx context.Context, log *slog.Logger, dir, number string) (*jetstream.Store, error) {
	return jetstream.Open(ctx, log, jetstream.Config{Dir: dir, Bot: number, Beside: []string{keyName}})
}

// loadKey reads the key under which staff sign, and makes one at the first start.
// A file that is missing, or is not what it was, is written again from settings.
func loadKey(ctx context.Context, log *slog.Logger, path string, settings bot.Settings) ([]byte, error) {
	key, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("load key: %w", err)
	}
	kept, err := settings.Setting(ctx, keySetting)
	if err != nil {
		return nil, fmt.Errorf("load key: %w", err)
	}
	switch {
	case kept != "" && bytes.Equal(key, []byte(kept)):
		return key, nil
	case kept != "":
		log.Error("the key under which staff sign was missing or damaged, and is back from its copy", "file", keyName)
		key = []byte(kept)
	case len(key) == 0:
		key = []byte(rand.Text())
	}
	if err := writeWhole(path, key); err != nil {
		return nil, fmt.Errorf("load key: %w", err)
	}
	if err := settings.Set(ctx, keySetting, string(key)); err != nil {
		return nil, fmt.Errorf("load key: %w", err)
	}
	return key, nil
}
