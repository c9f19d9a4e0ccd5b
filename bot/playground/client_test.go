package playground

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	tgbot "github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"
)

// goTelegram is the library that the bot uses, pointed at w.
func goTelegram(t *testing.T, w *world) *tgbot.Bot {
	t.Helper()
	b, err := tgbot.New(testToken, tgbot.WithServerURL(w.url))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// One round of everything that the bot needs, through the library: its forms
// are chunked, and empty for calls without parameters.
func TestGoTelegramClient(t *testing.T) {
	w := newWorld(t, Config{})
	b := goTelegram(t, w)
	ctx := t.Context()
	check := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	me, err := b.GetMe(ctx)
	check("getMe", err)
	if me.Username != "beian_playground_bot" {
		t.Errorf("getMe = %+v", me)
	}
	_, err = b.SetMyCommands(ctx, &tgbot.SetMyCommandsParams{Commands: []models.BotCommand{{Command: "start", Description: "开始"}}, Scope: &models.BotCommandScopeAllPrivateChats{}})
	check("setMyCommands", err)
	_, err = b.SendChatAction(ctx, &tgbot.SendChatActionParams{ChatID: Applicant, Action: models.ChatActionTyping})
	check("sendChatAction", err)
	m, err := b.SendMessage(ctx, &tgbot.SendMessageParams{
		ChatID: Applicant, Text: "😀 黑色签字笔", Entities: []models.MessageEntity{{Type: models.MessageEntityTypeBold, Offset: 3, Length: 5}},
		ReplyMarkup: &models.InlineKeyboardMarkup{InlineKeyboard: [][]models.InlineKeyboardButton{{
			{Text: "拼成一张", CallbackData: "stitch"}, {Text: "抄写", CopyText: &models.CopyTextButton{Text: "本人"}},
		}}},
	})
	check("sendMessage", err)
	press := w.does("/sim/chats/1001/press", map[string]any{"message_id": m.ID, "button": "拼成一张"})
	_, err = b.AnswerCallbackQuery(ctx, &tgbot.AnswerCallbackQueryParams{CallbackQueryID: press.Query})
	check("answerCallbackQuery", err)
	_, err = b.EditMessageText(ctx, &tgbot.EditMessageTextParams{ChatID: Applicant, MessageID: m.ID, Text: "改"})
	check("editMessageText", err)
	data := drawn(t, 800, 600, 1)
	doc, err := b.SendDocument(ctx, &tgbot.SendDocumentParams{ChatID: Applicant, Caption: "结果", Document: &models.InputFileUpload{Filename: "beian.jpg", Data: bytes.NewReader(data)}})
	check("sendDocument", err)
	photo, err := b.SendPhoto(ctx, &tgbot.SendPhotoParams{ChatID: Applicant, Photo: &models.InputFileUpload{Filename: "p.jpg", Data: bytes.NewReader(data)}})
	check("sendPhoto", err)
	if len(photo.Photo) != 3 {
		t.Errorf("sendPhoto = %d sizes, want 3", len(photo.Photo))
	}
	album, err := b.SendMediaGroup(ctx, &tgbot.SendMediaGroupParams{ChatID: Applicant, Media: []models.InputMedia{
		&models.InputMediaDocument{Media: "attach://f0.jpg", MediaAttachment: bytes.NewReader(data), Caption: "一"},
		&models.InputMediaDocument{Media: "attach://f1.jpg", MediaAttachment: bytes.NewReader(data)},
	}})
	check("sendMediaGroup", err)
	if len(album) != 2 || album[0].MediaGroupID == "" {
		t.Errorf("sendMediaGroup = %+v, want an album of two", album)
	}
	_, err = b.EditMessageMedia(ctx, &tgbot.EditMessageMediaParams{ChatID: Applicant, MessageID: doc.ID, Media: &models.InputMediaDocument{Media: "attach://n.jpg", MediaAttachment: bytes.NewReader(data), Caption: "新"}})
	check("editMessageMedia", err)
	f, err := b.GetFile(ctx, &tgbot.GetFileParams{FileID: doc.Document.FileID})
	check("getFile", err)
	resp, err := http.Get(b.FileDownloadLink(f))
	check("download", err)
	defer resp.Body.Close()
	if got, _ := io.ReadAll(resp.Body); !bytes.Equal(got, data) {
		t.Errorf("the document came back as %d bytes, want the same %d", len(got), len(data))
	}
	topic, err := b.CreateForumTopic(ctx, &tgbot.CreateForumTopicParams{ChatID: StaffChat, Name: "小周"})
	check("createForumTopic", err)
	_, err = b.CopyMessage(ctx, &tgbot.CopyMessageParams{ChatID: StaffChat, MessageThreadID: topic.MessageThreadID, FromChatID: Applicant, MessageID: doc.ID})
	check("copyMessage", err)
	_, err = b.SetMessageReaction(ctx, &tgbot.SetMessageReactionParams{ChatID: Applicant, MessageID: doc.ID, Reaction: []models.ReactionType{{Type: models.ReactionTypeTypeEmoji, ReactionTypeEmoji: &models.ReactionTypeEmoji{Type: models.ReactionTypeTypeEmoji, Emoji: "👍"}}}})
	check("setMessageReaction", err)
	_, err = b.GetChatMember(ctx, &tgbot.GetChatMemberParams{ChatID: StaffChat, UserID: StaffMember})
	check("getChatMember", err)
	_, err = b.GetChatAdministrators(ctx, &tgbot.GetChatAdministratorsParams{ChatID: StaffChat})
	check("getChatAdministrators", err)
	_, err = b.DeleteMessages(ctx, &tgbot.DeleteMessagesParams{ChatID: Applicant, MessageIDs: []int{m.ID, photo.ID}})
	check("deleteMessages", err)
	_, err = b.GetWebhookInfo(ctx)
	check("getWebhookInfo", err)
	w.clean()
}

// The library's own poll loop, and its errors, understand this server.
func TestGoTelegramUpdatesAndErrors(t *testing.T) {
	w := newWorld(t, Config{})
	got := make(chan *models.Update, 10)
	b, err := tgbot.New(testToken, tgbot.WithServerURL(w.url), tgbot.WithDefaultHandler(func(_ context.Context, _ *tgbot.Bot, u *models.Update) { got <- u }))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		b.Start(ctx)
	}()
	w.says(Applicant, "你好")
	if u := <-got; u.Message == nil || u.Message.Text != "你好" || u.Message.From.ID != Applicant {
		t.Errorf("update = %+v, want the message", u)
	}
	cancel()
	<-done

	send := func() error {
		_, err := b.SendMessage(t.Context(), &tgbot.SendMessageParams{ChatID: Applicant, Text: "x"})
		return err
	}
	w.does("/sim/faults", map[string]any{"method": "sendMessage", "kind": "429", "retry_after": 3})
	if e, ok := errors.AsType[*tgbot.TooManyRequestsError](send()); !ok || e.RetryAfter != 3 {
		t.Errorf("429 = %v, want TooManyRequestsError with 3 s", e)
	}
	w.does("/sim/chats/1001/do", map[string]any{"action": "block"})
	if err := send(); !errors.Is(err, tgbot.ErrorForbidden) {
		t.Errorf("blocked = %v, want ErrorForbidden", err)
	}
	var g simChat
	w.person("/sim/chats", map[string]any{"type": "group", "title": "小群", "members": []map[string]any{{"id": 3001, "name": "甲"}}}, &g)
	moved := w.does("/sim/chats/-5001/do", map[string]any{"action": "migrate"})
	_, err = b.SendMessage(t.Context(), &tgbot.SendMessageParams{ChatID: g.ID, Text: "x"})
	if e, ok := errors.AsType[*tgbot.MigrateError](err); !ok || int64(e.MigrateToChatID) != moved.Chat {
		t.Errorf("migrated = %v, want MigrateError to %d", err, moved.Chat)
	}
}

// The library's webhook handler takes what is delivered.
func TestGoTelegramWebhook(t *testing.T) {
	w := newWorld(t, Config{})
	got := make(chan *models.Update, 10)
	b, err := tgbot.New(testToken, tgbot.WithServerURL(w.url), tgbot.WithWebhookSecretToken("geheim"),
		tgbot.WithDefaultHandler(func(_ context.Context, _ *tgbot.Bot, u *models.Update) { got <- u }))
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(b.WebhookHandler())
	defer srv.Close()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		b.StartWebhook(ctx)
	}()
	if _, err := b.SetWebhook(ctx, &tgbot.SetWebhookParams{URL: srv.URL, SecretToken: "geheim"}); err != nil {
		t.Fatal(err)
	}
	w.says(Applicant, "你好")
	if u := <-got; u.Message == nil || u.Message.Text != "你好" {
		t.Errorf("update = %+v, want the message", u)
	}
	cancel()
	<-done
	w.clean()
}
