package playground

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

// show writes a text with its entities, each as type@offset+length.
func show(text string, ents []entity) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s", text)
	for _, e := range ents {
		fmt.Fprintf(&b, " %s@%d+%d", e.Type, e.Offset, e.Length)
		if e.URL != "" {
			b.WriteString("=" + e.URL)
		}
		if e.Language != "" {
			b.WriteString("=" + e.Language)
		}
	}
	return b.String()
}

func TestParseModes(t *testing.T) {
	s := New(Config{})
	for _, c := range []struct{ mode, in, want string }{
		{"HTML", "<b>核验单</b> 😀<i>怎么填</i>", "核验单 😀怎么填 bold@0+3 italic@6+3"},
		{"HTML", "<b>外<i>内</i></b>", "外内 bold@0+2 italic@1+1"},
		{"html", `<a href="https://a.cn/?x=1&amp;y=2">链接</a>`, "链接 text_link@0+2=https://a.cn/?x=1&y=2"},
		{"HTML", "<a href='javascript:x'>坏</a>", "坏"},
		{"HTML", "<blockquote expandable>长</blockquote>", "长 expandable_blockquote@0+1"},
		{"HTML", `<pre><code class="language-go">x</code></pre>`, "x pre@0+1=go"},
		{"HTML", `<span class="tg-spoiler">秘</span>`, "秘 spoiler@0+1"},
		{"HTML", "1 &lt; 2 &amp;&#38; &#x4f60; &nope;", "1 < 2 && 你 &nope;"},
		{"HTML", "  <b> 空白 </b>  ", "空白 bold@0+2"},
		{"HTML", "<b>没完", "! can't parse entities: Can't find end tag corresponding to start tag \"b\""},
		{"HTML", "完</b>", "! can't parse entities: Unexpected end tag at byte offset 3"},
		{"HTML", "<b>错</i>", `! can't parse entities: Unmatched end tag at byte offset 6, expected "</b>", found "</i>"`},
		{"HTML", "小于 <4 MB", `! can't parse entities: Unsupported start tag "4" at byte offset 7`},
		{"HTML", "小于<", "! can't parse entities: Unclosed start tag at byte offset 6"},
		{"HTML", "<span>x</span>", `! can't parse entities: Tag "span" must have class "tg-spoiler" at byte offset 0`},
		{"MarkdownV2", "*粗* _斜_ __下__ ~删~ ||藏|| `码`", "粗 斜 下 删 藏 码 bold@0+1 italic@2+1 underline@4+1 strikethrough@6+1 spoiler@8+1 code@10+1"},
		{"MarkdownV2", "*粗 _斜_*", "粗 斜 bold@0+3 italic@2+1"},
		{"MarkdownV2", `3\.16\.0`, "3.16.0"},
		{"MarkdownV2", "[看](https://a.cn/x)", "看 text_link@0+1=https://a.cn/x"},
		{"MarkdownV2", "```go\nx := 1```", "x := 1 pre@0+6=go"},
		{"MarkdownV2", ">引\n>用\n后", "引\n用\n后 blockquote@0+4"},
		{"MarkdownV2", ">引\n>用||", "引\n用 expandable_blockquote@0+3"},
		{"MarkdownV2", "4.", `! can't parse entities: Character '.' is reserved and must be escaped with the preceding '\'`},
		{"MarkdownV2", "*没完", "! can't parse entities: Can't find end of Bold entity at byte offset 0"},
		{"MarkdownV2", "好 `没完", "! can't parse entities: Can't find end of Code entity at byte offset 4"},
		{"Markdown", "*粗* _斜_ [看](a.cn) `码`", "粗 斜 看 码 bold@0+1 italic@2+1 text_link@4+1=a.cn code@6+1"},
		{"Markdown", "snake_case", "! can't parse entities: Can't find end of the entity starting at byte offset 5"},
		{"", "<b>原样</b> *好*", "<b>原样</b> *好*"},
		{"", "你好 /start@my_bot 再见", "你好 /start@my_bot 再见 bot_command@3+13"},
		{"", "😀 /start", "😀 /start bot_command@3+6"},
		{"", "你好/start", "你好/start"},
		{"", "见 https://a.cn/b。还有 #备案 @someone a@b.cn", "见 https://a.cn/b。还有 #备案 @someone a@b.cn url@2+14 hashtag@20+3 mention@24+8 email@33+6"},
		{"XML", "x", "! unsupported parse_mode"},
	} {
		text, ents, err := s.format(c.in, c.mode, nil)
		got := show(text, ents)
		if err != nil {
			got = "! " + strings.TrimPrefix(err.Error(), "Bad Request: ")
		}
		if got != c.want {
			t.Errorf("format(%q, %s) = %s, want %s", c.in, c.mode, got, c.want)
		}
	}
}

func TestGivenEntities(t *testing.T) {
	s := New(Config{})
	for _, c := range []struct{ text, list, want string }{
		{"😀好", `[{"type":"bold","offset":2,"length":1}]`, "😀好 bold@2+1"},
		{"😀好", `[{"type":"bold","offset":1,"length":1}]`, "! entity begins in a middle of a UTF-16 symbol at byte offset 0"},
		{"😀好", `[{"type":"bold","offset":0,"length":1}]`, "! entity beginning at UTF-16 offset 0 ends in a middle of a UTF-16 symbol at byte offset 0"},
		{"好", `[{"type":"bold","offset":0,"length":2}]`, "! entity beginning at UTF-16 offset 0 ends after the end of the text at UTF-16 offset 1"},
		{" 好", `[{"type":"code","offset":1,"length":1}]`, "好 code@0+1"},
		{"好", `{"type":"bold"}`, "! can't parse entities: expected an Array of MessageEntity"},
	} {
		text, ents, err := s.format(c.text, "", []byte(c.list))
		got := show(text, ents)
		if err != nil {
			got = "! " + strings.TrimPrefix(err.Error(), "Bad Request: ")
		}
		if got != c.want {
			t.Errorf("format(%q, %s) = %s, want %s", c.text, c.list, got, c.want)
		}
	}
}

func FuzzParseModes(f *testing.F) {
	for _, s := range []string{"<b>x</b>", "<a href=\"x.y\">&#x1F600;</a>", "*a _b_*", ">q\n>r||", "```go\nx```", "![x](tg://emoji?id=5)", "[a](b.c)", "\\", "<", "&#", "~||__`"} {
		f.Add(s)
	}
	srv := New(Config{})
	f.Fuzz(func(t *testing.T, in string) {
		if !utf8.ValidString(in) {
			return
		}
		for _, mode := range []string{"HTML", "MarkdownV2", "Markdown", ""} {
			text, ents, err := srv.format(in, mode, nil)
			if err != nil {
				continue
			}
			if !utf8.ValidString(text) {
				t.Fatalf("format(%q, %s) = %q, which is no UTF-8", in, mode, text)
			}
			if err := checkEntities(text, ents); err != nil && !strings.Contains(err.Error(), "HTTP URL") {
				t.Fatalf("format(%q, %s) = %s: %v", in, mode, show(text, ents), err)
			}
		}
	})
}
