package playground

import (
	"fmt"
	"testing"
	"time"
)

func TestUpdatesStayUntilConfirmed(t *testing.T) {
	w := newWorld(t, Config{FirstUpdate: 500})
	for i := range 3 {
		w.says(Applicant, fmt.Sprint("问题", i))
	}
	var us []arrived
	w.call("getUpdates", map[string]any{"limit": 2}, &us)
	if len(us) != 2 || us[0].ID != 500 || us[1].Message.Text != "问题1" {
		t.Fatalf("getUpdates(limit 2) = %+v, want updates 500 and 501", us)
	}
	w.call("getUpdates", map[string]any{"offset": 500}, &us)
	if len(us) != 3 {
		t.Errorf("getUpdates(offset 500) = %d updates, want all 3: none was confirmed", len(us))
	}
	w.call("getUpdates", map[string]any{"offset": 502}, &us)
	if len(us) != 1 || us[0].ID != 502 {
		t.Errorf("getUpdates(offset 502) = %+v, want update 502 alone", us)
	}
	w.says(Applicant, "四")
	w.says(Applicant, "五")
	w.call("getUpdates", map[string]any{"offset": -1}, &us)
	if len(us) != 1 || us[0].Message.Text != "五" {
		t.Errorf("getUpdates(offset -1) = %+v, want only the last one", us)
	}
	w.clean()
}

func TestAnonymousAdministrators(t *testing.T) {
	w := newWorld(t, Config{})
	path := fmt.Sprintf("/sim/chats/%d/text", StaffChat)
	w.does(path, map[string]any{"text": "/queue", "anonymous": true})
	us := w.updates()
	if len(us) != 1 || us[0].Message.From.ID != 1087968824 || us[0].Message.SenderChat == nil || us[0].Message.SenderChat.ID != StaffChat {
		t.Errorf("updates = %+v, want a message of the group itself", us)
	}
	if code := w.person("/sim/chats/1001/text", map[string]any{"text": "x", "anonymous": true}, nil); code != 403 {
		t.Errorf("anonymous in a private chat = %d, want 403", code)
	}
}

func TestLongPollWaits(t *testing.T) {
	w := newWorld(t, Config{})
	go func() {
		time.Sleep(150 * time.Millisecond)
		w.s.mu.Lock()
		c := w.s.chats[Applicant]
		p := w.s.add(c, &post{message: message{From: w.s.users[Applicant], Text: "到了"}})
		w.s.pushPosts("message", c, p)
		w.s.mu.Unlock()
	}()
	start := time.Now()
	var us []arrived
	w.call("getUpdates", map[string]any{"timeout": 20}, &us)
	if d := time.Since(start); len(us) != 1 || d < 100*time.Millisecond || d > 10*time.Second {
		t.Errorf("getUpdates(timeout 20) = %d updates after %v, want 1 when it came", len(us), d)
	}
}

// The same offset again at once gets one update only, and without any waits
// three seconds: the real server's guard against busy loops.
func TestBusyLoopGuard(t *testing.T) {
	w := newWorld(t, Config{})
	w.says(Applicant, "一")
	w.says(Applicant, "二")
	var us []arrived
	w.call("getUpdates", map[string]any{"offset": 0}, &us)
	w.s.mu.Lock()
	w.s.updates.lastOffset, w.s.updates.lastStart = 0, time.Now()
	w.s.mu.Unlock()
	w.call("getUpdates", map[string]any{"offset": 0}, &us)
	if len(us) != 1 {
		t.Errorf("the same offset at once = %d updates, want 1", len(us))
	}
}

func TestSecondPollerEndsTheFirst(t *testing.T) {
	w := newWorld(t, Config{})
	first := make(chan apiAnswer)
	go func() { first <- w.try("getUpdates", map[string]any{"timeout": 30}) }()
	for {
		w.s.mu.Lock()
		waiting := w.s.updates.poll != nil
		w.s.mu.Unlock()
		if waiting {
			break
		}
		time.Sleep(time.Millisecond)
	}
	second := make(chan apiAnswer)
	go func() { second <- w.try("getUpdates", map[string]any{"timeout": 30, "offset": 7}) }()
	want := "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
	if a := <-first; a.Code != 409 || a.Desc != want {
		t.Errorf("the first poll = %d %q, want 409 %q", a.Code, a.Desc, want)
	}
	w.says(Applicant, "在吗")
	if a := <-second; !a.OK {
		t.Errorf("the second poll = %d %q, want ok", a.Code, a.Desc)
	}
}

func TestAllowedUpdatesAreRemembered(t *testing.T) {
	w := newWorld(t, Config{})
	w.call("getUpdates", map[string]any{"allowed_updates": []string{"edited_message"}}, nil)
	id := w.says(Applicant, "原文")
	w.does("/sim/chats/1001/do", map[string]any{"action": "edit", "message_id": id, "text": "改过"})
	us := w.updates()
	if len(us) != 1 || us[0].Edited == nil || us[0].Edited.Text != "改过" {
		t.Errorf("updates = %+v, want the edit alone", us)
	}
}

func TestRetention(t *testing.T) {
	w := newWorld(t, Config{})
	var m message
	w.call("sendMessage", map[string]any{"chat_id": Applicant, "text": "选", "reply_markup": map[string]any{
		"inline_keyboard": [][]map[string]any{{{"text": "好", "callback_data": "ok"}}}}}, &m)
	w.says(Applicant, "旧")
	w.does("/sim/chats/1001/press", map[string]any{"message_id": m.ID, "button": "好"})
	w.does("/sim/clock", map[string]any{"advance_seconds": 200})
	us := w.updates()
	if len(us) != 1 || us[0].Message == nil {
		t.Errorf("after 200 s: %+v, want the message but not the press, which lasts 150 s", us)
	}
	w.says(Applicant, "更旧")
	w.does("/sim/clock", map[string]any{"advance_seconds": 25 * 3600})
	if us := w.updates(); len(us) != 0 {
		t.Errorf("after 25 h: %d updates, want none", len(us))
	}
}

func TestTricks(t *testing.T) {
	texts := func(us []arrived) (s string) {
		for _, u := range us {
			s += u.Message.Text
		}
		return s
	}
	t.Run("a duplicate comes again after it was confirmed, with the same number", func(t *testing.T) {
		w := newWorld(t, Config{})
		w.does("/sim/updates", map[string]any{"next": "duplicate"})
		w.says(Applicant, "甲")
		w.says(Applicant, "乙")
		us := w.updates()
		if got := texts(us); got != "甲乙甲" || us[0].ID != us[2].ID {
			t.Errorf("updates = %s, want 甲乙甲 with one number for 甲", got)
		}
	})
	t.Run("two messages change places", func(t *testing.T) {
		w := newWorld(t, Config{})
		w.does("/sim/updates", map[string]any{"next": "reorder"})
		w.says(Applicant, "甲")
		w.says(Applicant, "乙")
		w.says(Applicant, "丙")
		if got := texts(w.updates()); got != "乙甲丙" {
			t.Errorf("updates = %s, want 乙甲丙", got)
		}
	})
	t.Run("an album comes backwards", func(t *testing.T) {
		w := newWorld(t, Config{})
		w.does("/sim/updates", map[string]any{"next": "reorder"})
		w.sendsFiles(Applicant, nil, part{"1.txt", []byte("1")}, part{"2.txt", []byte("2")}, part{"3.txt", []byte("3")})
		us := w.updates()
		if len(us) != 3 || us[0].Message.Document.Name != "3.txt" || us[2].Message.Document.Name != "1.txt" {
			t.Errorf("updates = %+v, want 3.txt first and 1.txt last", us)
		}
	})
	t.Run("an album is split over polls", func(t *testing.T) {
		w := newWorld(t, Config{})
		w.does("/sim/updates", map[string]any{"next": "split", "delay_ms": 50})
		w.sendsFiles(Applicant, nil, part{"1.txt", []byte("1")}, part{"2.txt", []byte("2")}, part{"3.txt", []byte("3")})
		offset := int64(0)
		for i := range 3 {
			var us []arrived
			w.call("getUpdates", map[string]any{"offset": offset, "timeout": 5}, &us)
			if len(us) != 1 {
				t.Fatalf("poll %d = %d updates, want 1", i, len(us))
			}
			offset = us[0].ID + 1
		}
	})
}
