// Package heic decodes HEIC and HEIF pictures, as phones take them, in a process
// of its own.
//
// The decoder, libheif in WebAssembly, takes four seconds and some 350 MB for 12
// million pixels, cannot be stopped, and reads hostile input with code of 2024.
// So the program starts itself again with a hidden subcommand, which runs [Child];
// a [Decoder] writes the file to its standard input and reads the pixels from its
// standard output. The child gets no environment, a limit on memory and processor
// time, and is killed when the context ends.
package heic

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"os"
	"os/exec"
	"time"

	"beianbot/bot/picture"
)

// A Decoder decodes by means of a child process.
type Decoder struct {
	Exe  string   // the program to start; the running one when empty
	Args []string // its arguments, which make it call Child
}

// waitDelay is how long a killed child's pipes may stay open.
const waitDelay = time.Second

// Decode returns the pixels of a HEIC, upright already. The error wraps
// [picture.ErrUndecodable] when the file is at fault, or costs more than the
// child may use; any other error means that the child could not be run or that
// ctx ended.
func (d Decoder) Decode(ctx context.Context, data []byte) (image.Image, error) {
	exe := d.Exe
	if exe == "" {
		var err error
		if exe, err = os.Executable(); err != nil {
			return nil, fmt.Errorf("find heic decoder: %w", err)
		}
	}
	cmd := exec.CommandContext(ctx, exe, d.Args...)
	cmd.Env = []string{} // no token, no proxy
	cmd.Stdin = bytes.NewReader(data)
	cmd.WaitDelay = waitDelay
	bind(cmd)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start heic decoder: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start heic decoder: %w", err)
	}
	_, readyErr := io.ReadFull(out, make([]byte, len(ready)))
	var img image.Image
	var readErr error
	if readyErr == nil {
		img, readErr = read(out)
	}
	// What is left, if anything, must not keep the child waiting.
	_, _ = io.Copy(io.Discard, out)
	err = cmd.Wait()
	switch {
	case ctx.Err() != nil:
		return nil, fmt.Errorf("decode heic: %w", ctx.Err())
	case readyErr != nil: // it never came to look at the file
		return nil, fmt.Errorf("start heic decoder: %w", errors.Join(readyErr, err))
	case err != nil || readErr != nil:
		return nil, fmt.Errorf("decode heic: %w: %w", picture.ErrUndecodable, errors.Join(err, readErr))
	}
	return img, nil
}
