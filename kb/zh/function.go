package zh

// function are characters and words that carry grammar and no topic.
var function = set(`的 了 呢 吗 吧 啊 呀 哦 嘛 哈 哎 诶 喂 嗯 么 那 这 个 是 我 你 您 他 她 它 们 也 还 又 就 都 在 有 没 不 要 会 能 可 以
	和 与 跟 或 及 而 但 如 果 换 成 改 到 为 什 怎 样 何 哪 谁 几 多 少 请 问 一 下 想 知 道 告 诉 说 话 对 错 应 该 把 被 给 让
	上 里 边 面 去 来 做 办 搞 弄 行 好 吧 呗 咱 俺 自 己 之 其 则 若 假 搬 迁 换 变 现 再 呐 噢 喔 嘞 啦 才 只 先 然 后 因 所 于 从 向
	用 拿 那么 如何 咧 咯 哩 唄 么样 im ive ill dont doesnt isnt use using via through a an the is are am was were be been i my me we our you your he his she her it its they their to of in on at for from by with and or
	do does did can could should would will shall may must have has had what which who whom whose how when where why if so then that this
	these those there please about not no yes ok just also too well but any some as than
	de le ne ma ba a ya na zhe ge shi wo ni ta men ye hai you jiu dou zai mei bu yao hui neng ke yi he gen huo dan ru guo huan cheng gai
	shen me zen yang shenme zenme qing wen xiang zhi dao hua`)

// Function reports whether a token carries grammar and no topic.
func (t Token) Function() bool {
	return function[t.Text]
}
