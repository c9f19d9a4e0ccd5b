package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
)

const usage = `beianbot answers questions about uploading materials for a website filing
(网站备案), and checks, repairs and stitches the pictures.

Usage:
    beianbot [serve]      chat: a page on this computer, or Telegram with a token
    beianbot playground   the page and its Bot API server alone
    beianbot ask          answer questions
    beianbot check        check pictures, and repair them
    beianbot stitch       join pictures into one below 4 MB
    beianbot kb           check the knowledge, measure and train its ranking
    beianbot help COMMAND

Example:
    $ beianbot
    beianbot: open http://127.0.0.1:8080/ in a browser
    $ beianbot ask 江西个人要按手印吗
    $ beianbot check -fix fixed 身份证.heic
    $ beianbot stitch -o 一张.jpg 营业执照.jpg 授权书.jpg

Exit status: 0 fine, 1 the answer is no (a picture cannot be used), 2 wrong use.
`

// usages are the usage texts of the commands.
var usages = map[string]string{
	"serve":      serveUsage,
	"playground": playgroundUsage,
	"ask":        askUsage,
	"check":      checkUsage,
	"stitch":     stitchUsage,
	"kb":         kbUsage,
}

const askUsage = `Usage: beianbot ask [-json] [-lang zh|en|auto] [QUESTION…]

Answers each QUESTION, or each line of standard input when there is none. A
question that is a JSON array of strings is one conversation; the answer is that
to its last turn.

    -json        one line of JSON for each question:
                 {"answered":bool,"entry":"id","score":0.93,"text":"…",
                  "related":["id"],"source":"…","as_of":"…"}
    -lang LANG   language of the answers: zh (default), en, or auto, which takes
                 that of the question

Example:
    $ beianbot ask 核验单用什么笔
    $ echo '["江西个人要按手印吗","那单位呢"]' | beianbot ask -json
`

const checkUsage = `Usage: beianbot check [-json] [-fix DIR] FILE…

Checks whether the filing system will take each picture.

    -json      one line of JSON for each file:
               {"file":"…","format":"jpeg","bytes":1,"width":1,"height":1,
                "verdict":"ok|warn|reject","problems":[{"code":"too-large",
                "level":"reject|warn|info","text":"…","clause":"id"}],
                "fixed":"path","changes":["…"]}
               a file that cannot be read has the one problem "unreadable"
    -fix DIR   write what could be repaired to DIR, as NAME-fixed.jpg, or as
               NAME-fixed-2.jpg and so on: no file is overwritten

Exit status: 1 when a picture is rejected, repaired or not, and when a file
cannot be read or written.

Example:
    $ beianbot check -fix fixed 身份证.jpg 营业执照.heic
`

const stitchUsage = `Usage: beianbot stitch [-o FILE] [-layout LAYOUT] [-max-bytes N] [-max-side N]
                       [-json] FILE…

Joins pictures, in the order given and each upright, into one JPEG.

    -o FILE          where to write it (beian-stitched.jpg)
    -layout LAYOUT   auto (default), vertical, horizontal or grid
    -max-bytes N     the result is smaller than N bytes, 20000 or more (4000000)
    -max-side N      longest side of the result in pixels, 100 to 8192 (4096)
    -json            {"file":"…","bytes":1,"width":1,"height":1,"quality":1,
                      "scale":[1],"encodes":1,"layout":"…"}

Example:
    $ beianbot stitch -o 一张.jpg 营业执照.jpg 授权书.heic
`

// parse parses the flags of a command. On wrong use it says what is wrong and
// returns [errUsage].
func parse(fs *flag.FlagSet, args []string, e env) error {
	fs.SetOutput(io.Discard) // one message, with the hand-written usage
	err := fs.Parse(args)
	if err == nil {
		return nil
	}
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(e.stderr, usages[fs.Name()])
		return errUsage
	}
	return wrongUse(e, fs.Name(), "%v", err)
}

// wrongUse says what is wrong and returns [errUsage].
func wrongUse(e env, command, format string, args ...any) error {
	fmt.Fprintf(e.stderr, "beianbot %s: %s\nTry: beianbot help %s\n", command, fmt.Sprintf(format, args...), command)
	return errUsage
}
