package telegram

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"strings"
	"testing"

	"beianbot/bot"
)

// picture draws a JPEG of one colour, different for every n.
func picture(n int) []byte {
	m := image.NewRGBA(image.Rect(0, 0, 60+n, 40))
	for i := range m.Pix {
		m.Pix[i] = byte(n * 40)
	}
	m.Set(1, 1, color.White)
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func TestTextIsAnsweredInItsChat(t *testing.T) {
	bubble(t, func(t *testing.T, d *desk) {
		d.start(say(func(e bot.Event) string { return fmt.Sprintf("%s: %v", kindOf(e.Body), e.Body) }))
		d.text(applicant, "核验单怎么填")
		d.text(applicant2, "/start q_12")
		if got := d.await(applicant, 1)[0].Text; got != "text: {核验单怎么填}" {
			t.Errorf("answer = %q", got)
		}
		if got := d.await(applicant2, 1)[0].Text; got != "command: {start q_12}" {
			t.Errorf("answer = %q", got)
		}
	})
}

func TestReplyKeepsItsLooks(t *testing.T) {
	bubble(t, func(t *testing.T, d *desk) {
		d.start(handlerFunc(func(_ context.Context, e bot.Event, _ bot.Port) ([]bot.Reply, error) {
			text := "😀 黑色签字笔"
			return []bot.Reply{{
				Text:    text,
				Spans:   []bot.Span{{Start: 5, End: len(text), Style: bot.Bold}, {Start: 1, End: 2, Style: bot.Code}},
				Buttons: [][]bot.Button{{{Label: "查", Data: "q"}, {Label: "抄", Copy: "本人承诺"}}, {{Label: "坏", Data: strings.Repeat("x", 65)}}},
				ReplyTo: e.Message,
			}}, nil
		}))
		id := d.text(applicant, "笔")
		l := d.await(applicant, 1)[0]
		if len(l.Spans) != 1 || l.Spans[0].Type != "bold" || l.Spans[0].Offset != 3 || l.Spans[0].Length != 5 {
			t.Errorf("spans = %+v, want bold at 3, 5 units long", l.Spans)
		}
		if len(l.Buttons) != 1 || len(l.Buttons[0]) != 2 || l.Buttons[0][0].Data != "q" || l.Buttons[0][1].Copy != "本人承诺" {
			t.Errorf("buttons = %+v, want the two good ones", l.Buttons)
		}
		if l.ReplyTo != id {
			t.Errorf("reply to %d, want %d", l.ReplyTo, id)
		}
	})
}

func TestFileGoesBothWaysUnchanged(t *testing.T) {
	bubble(t, func(t *testing.T, d *desk) {
		d.start(handlerFunc(func(ctx context.Context, e bot.Event, p bot.Port) ([]bot.Reply, error) {
			u := e.Body.(bot.Upload)
			data, err := p.Download(ctx, u.Files[0], 1<<20)
			if err != nil {
				return nil, err
			}
			return []bot.Reply{{Text: u.Caption, File: &bot.File{Name: "结果 1.jpg", MIME: "image/jpeg", Data: data}}}, nil
		}))
		want := picture(1)
		d.files(applicant, "file", "看看", sentFile{"身份证.jpg", want})
		l := d.await(applicant, 1)[0]
		if l.File == nil || l.File.Name != "___1.jpg" || l.Caption != "看看" {
			t.Fatalf("answer = %+v", l)
		}
		if got := d.bytes(l.File.ID); !bytes.Equal(got, want) {
			t.Errorf("%d bytes came back, not the %d that were sent", len(got), len(want))
		}
	})
}

func TestAlbumIsOneEventInOrder(t *testing.T) {
	for _, trick := range []string{"", "reorder", "split", "duplicate"} {
		t.Run(trick, func(t *testing.T) {
			bubble(t, func(t *testing.T, d *desk) {
				d.start(say(func(e bot.Event) string {
					u, ok := e.Body.(bot.Upload)
					if !ok {
						return kindOf(e.Body)
					}
					var names []string
					for _, f := range u.Files {
						names = append(names, f.Name)
					}
					return u.Caption + ": " + strings.Join(names, " ")
				}))
				if trick != "" {
					d.post("/sim/updates", map[string]any{"next": trick, "delay_ms": 100})
				}
				var files []sentFile
				for i := range 4 {
					files = append(files, sentFile{fmt.Sprintf("%d.jpg", i), picture(i)})
				}
				d.files(applicant, "file", "四张", files...)
				d.text(applicant, "然后呢")
				ls := d.await(applicant, 2)
				if ls[0].Text != "四张: 0.jpg 1.jpg 2.jpg 3.jpg" || ls[1].Text != "text" {
					t.Errorf("answers = %q, %q, want the album's, then the text's", ls[0].Text, ls[1].Text)
				}
			})
		})
	}
}
