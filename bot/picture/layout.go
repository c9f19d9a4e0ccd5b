package picture

import (
	"image"
	"math"
)

// Layout is how the pictures of a stitch lie.
type Layout string

// The layouts. Auto takes the one of the others in which the picture that is
// shrunk most is shrunk least, never one more than three times as long as wide
// when that can be avoided.
const (
	Auto       Layout = "auto"
	Vertical   Layout = "vertical"   // one below the other, equally wide
	Horizontal Layout = "horizontal" // side by side, equally high
	Grid       Layout = "grid"       // rows from left to right, equally wide
)

const (
	// gap is the white space between two pictures, in pixels of the result.
	gap = 24
	// maxAutoRatio is how much longer than wide a result of Auto may be.
	// Services that read documents give up between 20 and 50; a person who
	// reviews gives up on a strip earlier.
	maxAutoRatio = 3.0
	// ampleWidth is the width in pixels beyond which no picture is enlarged:
	// what that spares the others they do not need.
	ampleWidth = 2500
	// sameScale is how near two layouts' scales are to count as equal.
	sameScale = 0.05
)

// An arrangement says where each picture lies on the canvas.
type arrangement struct {
	layout Layout
	size   image.Point
	at     []image.Rectangle // upright; every Min is even
}

// arrange lays out pictures of the given upright sizes, in order, so that no
// side of the result exceeds maxSide and no picture is enlarged without need.
func arrange(sizes []image.Point, layout Layout, maxSide int) arrangement {
	n := len(sizes)
	switch layout {
	case Vertical:
		return arrangeColumns(sizes, 1, maxSide)
	case Horizontal:
		return arrangeColumns(sizes, n, maxSide)
	}
	first, last := 1, n
	if layout == Grid && n > 2 {
		first, last = 2, n-1
	}
	best := arrangeColumns(sizes, first, maxSide)
	for c := first + 1; c <= last; c++ {
		if a := arrangeColumns(sizes, c, maxSide); a.better(best, sizes) {
			best = a
		}
	}
	if layout == Grid {
		best.layout = Grid
	}
	return best
}

func (a arrangement) better(b arrangement, sizes []image.Point) bool {
	if x, y := a.ratio() <= maxAutoRatio, b.ratio() <= maxAutoRatio; x != y {
		return x
	}
	x, y := a.leastScale(sizes), b.leastScale(sizes)
	if math.Abs(x-y) > sameScale {
		return x > y
	}
	// Equally legible: the more compact one, with empty places counted.
	return a.ratio()/a.filled() < b.ratio()/b.filled()-1e-9
}

func (a arrangement) ratio() float64 {
	return float64(max(a.size.X, a.size.Y)) / float64(min(a.size.X, a.size.Y))
}

// filled returns the share of the canvas that pictures cover.
func (a arrangement) filled() float64 {
	var sum float64
	for _, r := range a.at {
		sum += float64(r.Dx()) * float64(r.Dy())
	}
	return sum / (float64(a.size.X) * float64(a.size.Y))
}

// scale returns the length of a side of picture i in the result over its own.
func (a arrangement) scale(i int, sizes []image.Point) float64 {
	if sizes[i].X > sizes[i].Y {
		return float64(a.at[i].Dx()) / float64(sizes[i].X)
	}
	return float64(a.at[i].Dy()) / float64(sizes[i].Y)
}

func (a arrangement) leastScale(sizes []image.Point) float64 {
	least := 1.0
	for i := range sizes {
		least = min(least, a.scale(i, sizes))
	}
	return least
}

// arrangeColumns lays the pictures out in rows of c. Within a row they are
// equally high; rows are equally wide, but a shorter last row is not made higher
// for that than the highest other.
func arrangeColumns(sizes []image.Point, c, maxSide int) arrangement {
	n := len(sizes)
	a := arrangement{layout: Grid, at: make([]image.Rectangle, n)}
	switch c {
	case 1:
		a.layout = Vertical
	case n:
		a.layout = Horizontal
	}
	// A row's aspect is its width over its height, without gaps.
	rows := (n + c - 1) / c
	aspects := make([]float64, rows)
	least := math.Inf(1)
	for i := range rows {
		for _, s := range row(sizes, i, c) {
			aspects[i] += float64(s.X) / float64(s.Y)
		}
		if i < rows-1 || rows == 1 || n%c == 0 {
			least = min(least, aspects[i])
		}
	}
	aspects[rows-1] = max(aspects[rows-1], least)

	// The widths at which no picture is shrunk and none enlarged, and those
	// that maxSide allows: the height is linear in the width.
	unshrunk, unenlarged := 0.0, math.Inf(1)
	perWidth, fixed := 0.0, float64(gap*(rows-1))
	for i, aspect := range aspects {
		gaps := float64(gap * (len(row(sizes, i, c)) - 1))
		for _, s := range row(sizes, i, c) {
			w := aspect*float64(s.Y) + gaps
			unshrunk, unenlarged = max(unshrunk, w), min(unenlarged, w)
		}
		perWidth += 1 / aspect
		fixed -= gaps / aspect
	}
	width := min(unshrunk, max(unenlarged, ampleWidth), float64(maxSide), (float64(maxSide)-fixed)/perWidth)
	a.size.X = max(1, int(width+1e-6)) // 241 may come as 240.999…

	y := 0
	for i, aspect := range aspects {
		pics := row(sizes, i, c)
		high := max(1, (width-float64(gap*(len(pics)-1)))/aspect)
		used := float64(gap * (len(pics) - 1))
		for _, s := range pics {
			used += high * float64(s.X) / float64(s.Y)
		}
		x := (width - used) / 2 // a short last row stands in the middle
		for k, s := range pics {
			w := high * float64(s.X) / float64(s.Y)
			left, right := even(x), int(math.Round(x+w))
			if k == len(pics)-1 && x+w > width-2 {
				right = a.size.X
			}
			a.at[i*c+k] = image.Rect(left, y, max(right, left+1), y+int(math.Round(high)))
			x += w + gap
		}
		a.size.Y = y + int(math.Round(high))
		y = even(float64(a.size.Y + gap))
	}
	if a.size.Y > maxSide { // by rounding
		over := a.size.Y - maxSide
		for i := (rows - 1) * c; i < n; i++ {
			a.at[i].Max.Y = max(a.at[i].Min.Y+1, a.at[i].Max.Y-over)
		}
		a.size.Y = maxSide
	}
	return a
}

func row(sizes []image.Point, i, c int) []image.Point {
	return sizes[i*c : min((i+1)*c, len(sizes))]
}

// even returns x rounded to an even number.
func even(x float64) int { return int(math.Round(x/2)) * 2 }
