package bot_test

import (
	"context"
	"fmt"
	"log/slog"

	"beianbot/bot"
	"beianbot/content"
)

// A bot answers an event with replies; who carries them is not its business.
func ExampleBot_Handle() {
	words, err := bot.LoadWords(content.FS)
	if err != nil {
		fmt.Println(err)
		return
	}
	b, err := bot.New(slog.New(slog.DiscardHandler), bot.Config{
		Words: words, Knowledge: newKnowledge(nil), Pictures: anything{}, Chats: bot.NewMemChats(),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	replies, err := b.Handle(context.Background(), bot.Event{
		Update: 1, Chat: 1001, Private: true, From: 1001, Lang: "zh-hans",
		Body: bot.Text{Text: "核验单用什么笔？"},
	}, &port{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range replies {
		fmt.Println(r.Text)
	}
	// Output:
	// 请用黑色签字笔填写。
	// 出处：核验单填写时的注意事项（约 2019 年初）
}

// Pinyin is not taken for English.
func ExampleLangOf() {
	for _, text := range []string{"核验单怎么填", "How do I fill in the form?", "heyandan zenme tian"} {
		l, ok := bot.LangOf(text)
		fmt.Printf("%q %v\n", l, ok)
	}
	// Output:
	// "zh" true
	// "en" true
	// "" false
}
