// Package zh holds plain functions for Chinese text as people type it into a
// chat: full-width digits, traditional characters, typed pinyin, same-sound
// typos, figures glued to units.
//
// It only ever derives keys for matching. Nothing here rewrites what a person
// is shown.
package zh
