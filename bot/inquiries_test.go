package bot_test

import (
	"testing"

	"beianbot/bot"
	"beianbot/bot/bottest"
)

func TestMemInquiries(t *testing.T) {
	bottest.TestInquiries(t, false, func(*testing.T, string) (bot.Inquiries, func()) { return bot.NewMemInquiries(), func() {} })
}

func TestMemCounts(t *testing.T) {
	bottest.TestCounts(t, false, func(*testing.T, string) (bot.Counts, func()) { return bot.NewMemCounts(), func() {} })
}

func TestMemSettings(t *testing.T) {
	bottest.TestSettings(t, false, func(*testing.T, string) (bot.Settings, func()) { return bot.NewMemSettings(), func() {} })
}

func TestMask(t *testing.T) {
	for text, want := range map[string]string{
		"身份证110101199003078888能用吗":             "身份证***能用吗",
		"11010119900307888X":                   "***",
		"１１０１０１１９９００３０７８８８ｘ":                   "***",
		"110101 19900307 8888":                 "***",
		"电话138-0013-8000，请回":                   "电话***，请回",
		"+86 138 0013 8000":                    "+***",
		"0571-88888888":                        "***",
		"一三八零零一三八零零零":                          "***",
		"４００８００":                               "***",
		"图片 4.2 MB，1200x900 像素，2019年1月，3.12.5": "图片 4.2 MB，1200x900 像素，2019年1月，3.12.5",
		"我叫欧阳鹭洲，核验单怎么填":                        "我叫***，核验单怎么填",
		"姓名：王小明 能用吗":                           "姓名：*** 能用吗",
		"my name is Li Lei, can I upload":      "my name is ***, can I upload",
		"我叫他去办行不行":                             "我叫他去办行不行",
		"三个域名，十二张":                             "三个域名，十二张",
		"号***********":                         "号***",
		"":                                     "",
	} {
		if got := bot.Mask(text); got != want {
			t.Errorf("Mask(%q) = %q, want %q", text, got, want)
		}
	}
}

func FuzzMask(f *testing.F) {
	f.Add("身份证110101199003078888")
	f.Add("\xff1234567")
	f.Fuzz(func(t *testing.T, text string) {
		got := bot.Mask(text)
		if bot.Mask(got) != got {
			t.Errorf("Mask(%q) = %q, which is masked again", text, got)
		}
		run := 0
		for _, r := range got {
			if r < '0' || r > '9' {
				run = 0
			} else if run++; run >= 6 {
				t.Errorf("Mask(%q) = %q", text, got)
			}
		}
	})
}
