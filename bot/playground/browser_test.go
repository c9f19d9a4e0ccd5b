package playground_test

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"beianbot/bot/playground"
)

// composer is the text box.
const composer = chromedp.CSS(`[data-testid=composer]`)

func TestPage(t *testing.T) {
	result := bytes.Repeat([]byte("a result that is no text: \x00\xff\r\n"), 5000)
	album := make(map[string]int) // photos of it that came, by media_group_id
	p := open(t, 1280, 800, func(b *wireBot, u update) {
		switch {
		case u.Callback != nil:
			b.call("editMessageText", map[string]any{"chat_id": u.Callback.Message.Chat.ID, "message_id": u.Callback.Message.ID, "text": "改过的回答"})
			b.call("answerCallbackQuery", map[string]any{"callback_query_id": u.Callback.ID, "text": "收到"})
		case u.Message.Photo != nil:
			album[u.Message.Album]++
			if album[u.Message.Album] == 2 {
				b.document(u.Message.Chat.ID, "结果 1.jpg", result, "两张收齐了")
			}
		default:
			b.call("sendChatAction", map[string]any{"chat_id": u.Message.Chat.ID, "action": "typing"})
			b.call("sendMessage", map[string]any{
				"chat_id": u.Message.Chat.ID, "text": "<b>粗体</b>回答 &lt;img src=x onerror=alert(1)&gt;", "parse_mode": "HTML",
				"reply_markup": map[string]any{"inline_keyboard": [][]map[string]any{{{"text": "按我", "callback_data": "1"}}}},
			})
		}
	})

	p.run(chromedp.WaitVisible(chromedp.CSS(`[data-testid=start]`)), chromedp.SendKeys(composer, "核验单怎么填"+kb.Enter))
	p.says(true, "核验单怎么填")
	p.says(false, "粗体回答 <img src=x onerror=alert(1)>")
	p.until("the part is bold", `document.querySelector('[data-testid=message][data-own=false] b')?.textContent === '粗体'`)
	p.until("the own message is read", `document.querySelector('[data-own=true] .ticks')?.getAttribute('aria-label') === '已读'`)

	p.run(chromedp.Click(chromedp.CSS(`[data-testid=button]`)))
	p.until("the answer to the press is shown", `document.querySelector('[data-testid=toast]').textContent === '收到'`)
	p.says(false, "改过的回答")
	p.until("the edit is marked and the button gone", `document.querySelector('[data-testid=edited]') && !document.querySelector('[data-testid=button]')`)

	dir := t.TempDir()
	files := []string{picture(t, dir, "1.jpg", 900, 600), picture(t, dir, "2.jpg", 600, 900)}
	p.choose(files, chromedp.Click(chromedp.CSS(`[data-testid=attach]`)), chromedp.Click(chromedp.CSS(`[data-testid=attach-photo]`)))
	p.run(chromedp.WaitVisible(chromedp.CSS(`[data-testid=sheet-item]:nth-child(2)`)), chromedp.Click(chromedp.CSS(`[data-testid=as-photo]`)),
		chromedp.SendKeys(chromedp.CSS(`[data-testid=caption]`), "两张"), chromedp.Click(chromedp.CSS(`[data-testid=sheet-send]`)))
	p.until("both photos stand in one bubble", `[...document.querySelectorAll('[data-testid=message][data-own=true]')].some(e => e.querySelectorAll('[data-testid=photo] img').length === 2 && e.textContent.includes('两张') && !e.querySelector('.ring'))`)
	p.says(false, "两张收齐了")
	p.run(chromedp.Click(chromedp.CSS(`[data-testid=file-link]`)))
	if name, data := p.downloaded(); name != "结果 1.jpg" || !bytes.Equal(data, result) {
		t.Errorf("downloaded %q of %d bytes, want %q and the %d bytes that the bot sent", name, len(data), "结果 1.jpg", len(result))
	}

	p.choose(files[:1], chromedp.Click(chromedp.CSS(`[data-testid=attach]`)), chromedp.Click(chromedp.CSS(`[data-testid=attach-file]`)))
	p.run(chromedp.WaitVisible(chromedp.CSS(`[data-testid=sheet-item]`)), chromedp.Click(chromedp.CSS(`[data-testid=sheet-send]`)))
	p.until("the file is there", `document.querySelector('[data-own=true] [data-testid=file-link]')`)
	p.run(chromedp.Click(chromedp.CSS(`[data-own=true] [data-testid=file-link]`)))
	want, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	if name, data := p.downloaded(); name != "1.jpg" || !bytes.Equal(data, want) {
		t.Errorf("a picture sent as a file is %q of %d bytes, want %q and its own %d bytes", name, len(data), "1.jpg", len(want))
	}

	p.run(chromedp.Click(chromedp.CSS(`[data-testid=photo]`)), chromedp.WaitVisible(chromedp.CSS(`[data-testid=viewer] img`)), chromedp.Click(chromedp.CSS(`[data-testid=viewer-close]`)),
		chromedp.Click(chromedp.CSS(`[data-testid=calls-toggle]`)), chromedp.WaitVisible(chromedp.CSS(`[data-testid=call][data-method=sendDocument]`)))
	p.until("the log of calls has found nothing", `document.querySelector('[data-testid=calls-sum]').textContent.includes('都合规范')`)
}

// A message for a chat that is not open is counted there, and the staff group
// is a chat of its own.
func TestPageUnread(t *testing.T) {
	p := open(t, 1280, 800, func(b *wireBot, u update) {
		b.call("sendMessage", map[string]any{"chat_id": playground.SecondApplicant, "text": "给另一位"})
		b.call("sendMessage", map[string]any{"chat_id": playground.StaffChat, "text": "给客服"})
	})
	p.run(chromedp.SendKeys(composer, "开始"+kb.Enter))
	p.until("both are counted", `[...document.querySelectorAll('[data-testid=unread]:not([hidden])')].map(e => e.textContent).join() === '1,1'`)
	p.run(chromedp.Click(chromedp.CSS(`[data-testid=chat-list-item]:not([aria-current]) [data-testid=unread]:not([hidden])`)))
	p.says(false, "给另一位")
	p.until("one is left", `document.querySelectorAll('[data-testid=unread]:not([hidden])').length === 1`)
}

// A chat that is made shows without a message in it, and the topics of a group
// are tabs, the first one apart from the general topic.
func TestPageNewChats(t *testing.T) {
	p := open(t, 1280, 800, func(b *wireBot, u update) {
		if u.Message.Chat.ID != playground.StaffChat {
			return
		}
		b.call("createForumTopic", map[string]any{"chat_id": playground.StaffChat, "name": "待回答"})
		b.call("sendMessage", map[string]any{"chat_id": playground.StaffChat, "text": "不在话题里"})
	})
	resp, err := http.Post(p.url+"sim/chats", "application/json", strings.NewReader(`{"type":"private","title":"小张"}`))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	p.until("there are four chats", `document.querySelectorAll('[data-testid=chat-list-item]').length === 4`)
	p.run(chromedp.Click(chromedp.CSS(`[data-testid=chat-list-item][data-chat^="-"]`)), chromedp.SendKeys(composer, "大家好"+kb.Enter))
	p.until("the topic has a tab", `[...document.querySelectorAll('[data-testid=topic]')].map(e => e.textContent).join() === '全部,综合,待回答'`)
	p.says(false, "不在话题里")
	p.run(chromedp.Click(chromedp.CSS(`[data-testid=topic]:nth-child(3)`)))
	p.until("the topic is empty", `!document.querySelector('[data-testid=message]') && document.querySelector('[data-testid=service]')`)
	p.run(chromedp.SendKeys(composer, "在话题里"+kb.Enter))
	p.says(true, "在话题里")
}

// On a phone nothing is wider than the screen, and one view shows at a time.
func TestPagePhone(t *testing.T) {
	p := open(t, 390, 844, func(b *wireBot, u update) {
		b.call("sendMessage", map[string]any{
			"chat_id": u.Message.Chat.ID, "text": strings.Repeat("很长的一句没有空格", 30) + strings.Repeat("w", 300),
			"reply_markup": map[string]any{"inline_keyboard": [][]map[string]any{{
				{"text": strings.Repeat("长按钮", 10), "callback_data": "1"}, {"text": "短", "callback_data": "2"}, {"text": strings.Repeat("x", 60), "callback_data": "3"},
			}}},
		})
		b.document(u.Message.Chat.ID, strings.Repeat("很长的文件名", 10)+".pdf", []byte("%PDF"), "")
	})
	fits := func(view string) {
		t.Helper()
		wide, err := chromedp.Run(p.ctx, chromedp.Evaluate[[]string](`[document.documentElement, ...document.querySelectorAll('body *')].filter(e => {
			const r = e.getBoundingClientRect();
			return r.width && getComputedStyle(e).position !== 'absolute' && !e.closest('svg') && (r.right > innerWidth + 1 || r.left < -1);
		}).map(e => e.tagName + '.' + e.className)`))
		if err != nil {
			t.Fatalf("%s: %v", view, err)
		}
		if len(wide) > 0 {
			p.screenshot()
			t.Errorf("%s: wider than 390 px: %v", view, wide)
		}
	}
	fits("the list")
	p.run(chromedp.Click(chromedp.CSS(`[data-testid=chat-list-item]`)), chromedp.WaitVisible(composer))
	fits("an empty chat")
	p.run(chromedp.SendKeys(composer, "一句"), chromedp.Click(chromedp.CSS(`[data-testid=send]`)))
	p.until("the answers are there", `document.querySelector('[data-testid=button]') && document.querySelector('[data-testid=file-link]')`)
	fits("a chat")
	dir := t.TempDir()
	p.choose([]string{picture(t, dir, strings.Repeat("名", 60)+".jpg", 300, 200), picture(t, dir, "2.jpg", 200, 300)},
		chromedp.Click(chromedp.CSS(`[data-testid=attach]`)), chromedp.Click(chromedp.CSS(`[data-testid=attach-photo]`)))
	p.run(chromedp.WaitVisible(chromedp.CSS(`[data-testid=sheet-item]`)))
	fits("the sheet for photos")
	p.run(chromedp.Click(chromedp.CSS(`[data-testid=as-file]`)))
	fits("the sheet for files")
	p.run(chromedp.Click(chromedp.CSS(`[data-testid=sheet-send]`)))
	p.until("both files are there", `document.querySelectorAll('[data-own=true] [data-testid=file-link]').length === 2`)
	fits("an album of files")
	p.run(chromedp.Click(chromedp.CSS(`[data-testid=back]`)), chromedp.WaitVisible(chromedp.CSS(`[data-testid=chat-list-item]`)), chromedp.WaitNotVisible(composer))
}

// picture draws a JPEG into a file and returns its path.
func picture(t *testing.T, dir, name string, w, h int) string {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range img.Pix {
		img.Pix[i] = uint8(i * 7 / (1 + i%5))
	}
	for x := range w {
		img.Set(x, h/2, color.Black)
	}
	var buf bytes.Buffer
	if err := jpeg.Encode(&buf, img, nil); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, buf.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
