package bot_test

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"beianbot/bot"
)

// A group becomes the staff chat with the code, once; ten wrong ones lock it.
func TestBind(t *testing.T) {
	const group = bot.ChatID(-5005)
	settings := bot.NewMemSettings()
	unbound := func() *world {
		w := newWorld(t)
		w.config.StaffChat, w.config.BindCode, w.config.Settings = 0, "ABCD2345", settings
		w.restart()
		return w
	}
	bind := func(w *world, chat bot.ChatID, code string) string {
		return w.handle(w.event(chat, 42, bot.Command{Name: "bind", Args: code}))[0].Text
	}
	const unknown = "没有这个命令"
	w := unbound()
	if got := bind(w, applicant, "ABCD2345"); !strings.Contains(got, unknown) {
		t.Errorf("in a private chat the code says %q", got)
	}
	if got := bind(w, group, "abcd2345"); !strings.Contains(got, "客服群") || !w.bot.IsStaffChat(group) {
		t.Errorf("the code says %q", got)
	}
	w.handle(w.last) // the same message again
	if got := bind(w, group-1, "ABCD2345"); !strings.Contains(got, unknown) || w.bot.IsStaffChat(group-1) {
		t.Errorf("the code used a second time says %q", got)
	}
	w.bot.ChatMoved(group, group-7)
	if id, err := bot.StaffChat(t.Context(), settings, 0); err != nil || id != group-7 || !w.bot.IsStaffChat(group-7) {
		t.Errorf("after the group moved, the staff chat is %d, %v", id, err)
	}
}

// Ten wrong codes lock a group for an hour; the owner, who is in another group or
// waits, is not locked out, and the log says what to do. Nobody outside learns
// anything, the staff chat that there is learns that codes were tried.
func TestBindLock(t *testing.T) {
	const group, unknown, right = bot.ChatID(-5005), "没有这个命令", "ABCD2345"
	if _, err := shipped(); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var log strings.Builder
		w.log = slog.New(slog.NewTextHandler(&log, nil))
		w.config.StaffChat, w.config.BindCode = 0, right
		w.restart()
		bind := func(chat bot.ChatID, code string) []bot.Reply {
			return w.handle(w.event(chat, 42, bot.Command{Name: "bind", Args: code}))
		}
		refused := func(about string, r []bot.Reply) {
			t.Helper()
			if len(r) != 1 || !strings.Contains(r[0].Text, unknown) {
				t.Errorf("%s is answered %+v, want as any unknown command", about, r)
			}
		}
		for range 10 {
			refused("a wrong code", bind(group, "WRONG"))
		}
		refused("the right code while the group is locked", bind(group, right))
		if w.bot.IsStaffChat(group) || strings.Count(log.String(), "too many wrong codes") != 1 || !strings.Contains(log.String(), "the right code came") {
			t.Errorf("bound %v, the log is\n%s", w.bot.IsStaffChat(group), log.String())
		}
		if strings.Contains(log.String(), right) || strings.Contains(log.String(), "5005") {
			t.Errorf("the log has the code or the chat:\n%s", log.String())
		}
		for range 30 {
			refused("a code in a private chat", bind(applicant, "WRONG"))
		}
		time.Sleep(time.Hour)
		for range 9 {
			refused("a wrong code after an hour", bind(group, "WRONG"))
		}
		if r := bind(group, right); !w.bot.IsStaffChat(group) {
			t.Fatalf("after an hour the right code is answered %+v", r)
		}
		for n := range 12 {
			r := bind(group-1, "WRONG")
			refused("a wrong code elsewhere", here(r))
			if told := len(r) == 2 && r[1].Chat == group && strings.Contains(r[1].Text, "10 次"); told != (n == 9) {
				t.Errorf("wrong code %d: the staff chat is told %v: %+v", n+1, told, r)
			}
		}
	})
}

// A colleague is shown by first name, in the staff chat alone. What is kept and
// exported holds the opaque key.
func TestColleagueNames(t *testing.T) {
	w := newWorld(t)
	say := func(from bot.UserID, name, text string) string {
		e := w.event(staffChat, from, body(text))
		e.Name = name
		return w.handle(e)[0].Text
	}
	for _, tt := range []struct {
		about, name, want string
		from              bot.UserID
	}{
		{"a name", "小李", "（您的签名是 小李）", 42},
		{"another with the same name", "小李", "小李·6ff9）", 43},
		{"a long one", "欧阳上官司马诸葛甲乙丙丁戊", "是 欧阳上官司马诸葛甲乙丙…）", 44},
		{"a telephone number", "王 13800138000", "是 王 ***）", 45},
		{"lines and turned text", "赵\n\u202e六\u0007", "是 赵 六）", 46},
		{"nothing that can be shown", "\u200b\u202e", "）", 47},
		{"no name", "", "）", 48},
		{"an anonymous administrator", "", "是 匿名管理员）", 0},
	} {
		got, _, _ := strings.Cut(say(tt.from, tt.name, "/help"), "\n")
		if !strings.Contains(got, tt.want) || strings.ContainsAny(got, "\u202e\u200b") {
			t.Errorf("%s: %q, want %q in it", tt.about, got, tt.want)
		}
	}
	w.staff("/add 题目在此\n答：好。")
	w.press(staffChat, 42, "上线")
	if got := w.staff("/list")[0].Text; !strings.Contains(got, "小李·f299") {
		t.Errorf("the list is\n%s", got)
	}
	w.restart()
	if got := say(43, "阿梅", "/list"); !strings.Contains(got, "（f299，") {
		t.Errorf("after a restart the list is\n%s\nwant the key until the colleague acts", got)
	}
	if got := w.staff("/list")[0].Text; !strings.Contains(got, "（小李，") {
		t.Errorf("when the colleague has acted the list is\n%s", got)
	}
	w.say("福建要居住证吗")
	w.press(staffChat, 42, "认领")
	w.replyTo(42, "要。")
	inquiries, err := w.config.Inquiries.OpenInquiries(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	kept := fmt.Sprintf("%+v %+v %s", inquiries, w.know.Overlay(), w.staff("/export")[0].File.Data)
	if strings.Contains(kept, "小李") || !strings.Contains(kept, "f299") {
		t.Errorf("what is kept and exported names a colleague, or nobody:\n%s", kept)
	}
}
