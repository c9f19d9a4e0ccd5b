package kb

import (
	"regexp"
	"slices"
	"strings"

	"beianbot/kb/zh"
)

// A Situation is what a personal checklist depends on. Zero fields are not
// known yet.
type Situation struct {
	Province Province
	Kind     EntityKind
	Domains  DomainCount
	Origin   Origin
	Channel  Channel
}

// DomainCount tells one domain from several.
type DomainCount string

// The counts of domains.
const (
	OneDomain      DomainCount = "one"
	SeveralDomains DomainCount = "several"
)

// Origin says where the person responsible is from, on which the certificate
// depends.
type Origin string

// The origins.
const (
	Mainland Origin = "mainland" // 内地
	HKMacao  Origin = "hk-macao" // 港澳
	Taiwan   Origin = "taiwan"   // 台湾
	Foreign  Origin = "foreign"  // 外籍
)

// Channel is how the materials are uploaded.
type Channel string

// The channels.
const (
	App      Channel = "app"
	Computer Channel = "computer"
)

// Complete reports whether nothing is missing.
func (s Situation) Complete() bool {
	return s.Province != "" && s.Kind != "" && s.Domains != "" && s.Origin != "" && s.Channel != ""
}

// valid reports whether every field has one of its values or none.
func (s Situation) valid() bool {
	return slices.Contains([]EntityKind{"", Individual, Organization}, s.Kind) &&
		slices.Contains([]DomainCount{"", OneDomain, SeveralDomains}, s.Domains) &&
		slices.Contains([]Origin{"", Mainland, HKMacao, Taiwan, Foreign}, s.Origin) &&
		slices.Contains([]Channel{"", App, Computer}, s.Channel)
}

// With returns s with the fields that more settles.
func (s Situation) With(more Situation) Situation {
	if more.Province != "" {
		s.Province = more.Province
	}
	if more.Kind != "" {
		s.Kind = more.Kind
	}
	if more.Domains != "" {
		s.Domains = more.Domains
	}
	if more.Origin != "" {
		s.Origin = more.Origin
	}
	if more.Channel != "" {
		s.Channel = more.Channel
	}
	return s
}

// Situation returns what a sentence settles: "我是江西个人,三个域名,用电脑传".
// What it does not name, or names two of, stays zero.
func (b *Base) Situation(text string) Situation {
	a := b.lex.analyse(text)
	s := Situation{
		Province: only(a.provinces),
		Kind:     only(a.kinds),
		Domains:  a.domainCount(),
		Origin:   only(named(&a, originConcepts)),
		Channel:  only(named(&a, channelConcepts)),
	}
	// 大陆 and 内地 stand in the names of permits too: any other origin goes first.
	if s.Origin == "" && !a.has("overseas") && len(named(&a, originConcepts)) == 0 && mainlandPattern.MatchString(a.text(0, len(a.tokens))) {
		s.Origin = Mainland
	}
	return s
}

// The concepts of content/concepts.yaml that settle an origin or a channel. A
// certificate that only some people have tells who they are.
var (
	originConcepts = map[string]Origin{
		"hong-kong": HKMacao, "macao": HKMacao, "hk-macao": HKMacao, "travel-permit": HKMacao,
		"taiwan": Taiwan, "taiwan-permit": Taiwan, "foreigner": Foreign, "passport": Foreign,
	}
	channelConcepts = map[string]Channel{"app": App, "computer": Computer}
)

// named returns the different values of those concepts that a sentence names and
// does not rule out.
func named[T comparable](a *analysis, values map[string]T) []T {
	var found []T
	for _, m := range a.concepts {
		if v, ok := values[m.Value]; ok && !slices.Contains(found, v) && !a.ruledOut(m.Start) {
			found = append(found, v)
		}
	}
	return found
}

// only returns the one element of list, and zero when there are none or several.
func only[T any](list []T) T {
	if len(list) == 1 {
		return list[0]
	}
	var none T
	return none
}

// The patterns read sentences folded and without spaces.
var (
	mainlandPattern = regexp.MustCompile(`内地|大陆|中国(?:人|籍|公民)|mainland|chinese(?:citizen|national)`)

	moreThanOne    = regexp.MustCompile(`(?:不止|不只|超过|多于|morethan)有?(?:一|1|one)`)
	severalPattern = regexp.MustCompile(`(?:[二两俩仨三四五六七八九十百几多]|十一|[2-9]|[1-9][0-9]+)(?:来|多|几)?个?(?:网站)?域名|` +
		`域名(?:一共|总共|共)?有?(?:[二两俩仨三四五六七八九十几多]|[2-9]|[1-9][0-9]+)个|^(?:[两三四五六七八九十几多]|[2-9]|[1-9][0-9]+)个$|` +
		`(?:[2-9]|[1-9][0-9]+|several|multiple|many|two|three|four|five|six|seven|eight|nine|ten)domain`)
	onePattern = regexp.MustCompile(`(?:^|[^十百0-9])(?:一个?|单个?|1个?)(?:网站)?域名|域名(?:只|就|仅)?有?(?:一|1)个|^[一1]个$|(?:one|single|(?:^|[^0-9])1)domain`)
)

// domainCount reads how many domains a sentence speaks of.
func (a *analysis) domainCount() DomainCount {
	text := a.text(0, len(a.tokens))
	several := moreThanOne.MatchString(text) || severalPattern.MatchString(text)
	one := onePattern.MatchString(text) && !moreThanOne.MatchString(text)
	switch {
	case one && !several:
		return OneDomain
	case !one && (several || a.has("several-domains")):
		return SeveralDomains
	}
	return ""
}

// AsksChecklist reports whether text is one of the phrases of
// content/checklist.yaml that ask for a checklist.
func (b *Base) AsksChecklist(text string) bool {
	return slices.Contains(b.checklist.Words, phrase(text))
}

// A ProvinceName names a province as people read it.
type ProvinceName struct {
	Province Province
	English  string
}

// Provinces returns the 31 provinces in the order of content/places.yaml.
func (b *Base) Provinces() []ProvinceName {
	var ps []ProvinceName
	for _, p := range b.lex.provinces {
		ps = append(ps, ProvinceName{p, b.lex.english[p]})
	}
	return ps
}

// phrase folds what people type, so that it compares, and drops the stops around it.
func phrase(s string) string { return strings.Trim(zh.Fold(s), " .,?!。，？！") }
