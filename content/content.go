// Package content holds what beianbot knows and says: the guidance entries,
// the province rules, the limits, the places and the wording of replies. All of
// it can be read and edited without knowing Go; package kb reads and checks it.
package content

import "embed"

// FS is the shipped content.
//
//go:embed *
var FS embed.FS
