package zh

import (
	"sync"

	"github.com/mozillazg/go-pinyin"
)

// readings overrides the first reading of go-pinyin where another one is the
// usual one in questions about filings.
var readings = map[rune]string{
	'什': "shen", '么': "me", '行': "xing", '长': "chang", '都': "dou", '得': "de", '地': "di", '还': "hai",
	'重': "chong", '传': "chuan", '单': "dan", '盖': "gai", '核': "he", '省': "sheng", '厦': "xia", '着': "zhe",
	'了': "le", '的': "de", '没': "mei", '哪': "na", '那': "na", '吗': "ma", '呢': "ne", '吧': "ba", '啊': "a",
	'图': "tu", '拍': "pai", '扫': "sao", '签': "qian", '证': "zheng", '章': "zhang", '大': "da", '色': "se",
	'和': "he", '为': "wei", '只': "zhi", '名': "ming", '广': "guang", '藏': "zang", '蒙': "meng", '系': "xi",
	'处': "chu", '种': "zhong", '给': "gei", '背': "bei", '景': "jing", '脸': "lian", '载': "zai", '打': "da",
	'便': "bian", '降': "jiang", '少': "shao", '要': "yao", '应': "ying", '当': "dang", '期': "qi", '合': "he",
	'分': "fen", '发': "fa", '会': "hui", '号': "hao", '好': "hao", '看': "kan", '空': "kong", '里': "li",
	'乐': "le", '朝': "chao", '石': "shi", '夏': "xia", '陕': "shan", '济': "ji", '六': "liu", '台': "tai",
}

var pinyinArgs = pinyin.Args{Style: pinyin.Normal}

// sounds remembers what go-pinyin says of a character: it looks it up with
// regular expressions, and questions ask for the same few thousand again and
// again. There are at most as many keys as characters have readings.
var sounds sync.Map // rune to string

// Syllable returns the toneless pinyin of a character, or the character itself
// when it has none. ü is written v.
func Syllable(r rune) string {
	if s, ok := sounds.Load(r); ok {
		return s.(string)
	}
	s, ok := readings[r]
	if !ok {
		ps := pinyin.SinglePinyin(r, pinyinArgs)
		if len(ps) == 0 {
			return string(r)
		}
		s = ps[0]
	}
	sounds.Store(r, s)
	return s
}

// syllables are all toneless syllables of Mandarin, less those that only occur
// in interjections and would split English words.
var syllables = sync.OnceValue(func() map[string]bool { return set(syllableList) })

// maxSyllable is the length of "chuang", "shuang" and "zhuang".
const maxSyllable = 6

// SplitPinyin splits a word into the fewest syllables of toneless pinyin, or
// returns nil when it is not made of them. Words of more than 60 letters are
// not tried.
func SplitPinyin(word string) []string {
	if len(word) > 60 || len(word) == 0 {
		return nil
	}
	ok := syllables()
	const none = 1 << 20
	best := make([]int, len(word)+1) // fewest syllables of word[i:]
	next := make([]int, len(word)+1)
	for i := len(word) - 1; i >= 0; i-- {
		best[i] = none
		for j := min(len(word), i+maxSyllable); j > i; j-- {
			if best[j] < none && best[j]+1 < best[i] && ok[word[i:j]] {
				best[i], next[i] = best[j]+1, j
			}
		}
	}
	if best[0] >= none {
		return nil
	}
	var s []string
	for i := 0; i < len(word); i = next[i] {
		s = append(s, word[i:next[i]])
	}
	return s
}

const syllableList = `a ai an ang ao ba bai ban bang bao bei ben beng bi bian biao bie bin bing bo bong bu ca cai can cang
	cao ce cen ceng cha chai chan chang chao che chen cheng chi chong chou chu chua chuai chuan chuang
	chui chun chuo ci cong cou cu cuan cui cun cuo da dai dan dang dao de dei den deng di dia dian diao
	die ding diu dong dou du duan dui dun duo e en eng er fa fan fang fei fen feng fo fou fu ga gai gan
	gang gao ge gei gen geng gong gou gu gua guai guan guang gui gun guo ha hai han hang hao he hei hen
	heng hong hou hu hua huai huan huang hui hun huo ji jia jian jiang jiao jie jin jing jiong jiu ju
	juan jue jun ka kai kan kang kao ke ken keng kong kou ku kua kuai kuan kuang kui kun kuo la lai lan
	lang lao le lei len leng li lia lian liang liao lie lin ling liu long lou lu luan lun luo lv lve ma
	mai man mang mao me mei men meng mi mian miao mie min ming miu mo mou mu na nai nan nang nao ne nei
	nen neng ni nia nian niang niao nie nin ning niu nong nou nu nuan nun nuo nv nve o ou pa pai pan pang
	pao pei pen peng pi pian piao pie pin ping po pou pu qi qia qian qiang qiao qie qin qing qiong qiu qu
	quan que qun ran rang rao re ren reng ri rong rou ru ruan rui run ruo sa sai san sang sao se sen seng
	sha shai shan shang shao she shei shen sheng shi shou shu shua shuai shuan shuang shui shun shuo si
	song sou su suan sui sun suo ta tai tan tang tao te teng ti tian tiao tie ting tong tou tu tuan tui
	tun tuo wa wai wan wang wei wen weng wo wu xi xia xian xiang xiao xie xin xing xiong xiu xu xuan xue
	xun ya yan yang yao ye yi yin ying yong you yu yuan yue yun za zai zan zang zao ze zen zeng zha zhai
	zhan zhang zhao zhe zhei zhen zheng zhi zhong zhou zhu zhua zhuai zhuan zhuang zhui zhun zhuo zi zong
	zou zu zuan zui zun zuo`
