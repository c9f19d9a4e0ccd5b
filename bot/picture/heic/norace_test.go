//go:build !race

package heic

const raceEnabled = false
