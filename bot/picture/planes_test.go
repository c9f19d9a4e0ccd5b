package picture

import (
	"image"
	"image/color"
	"image/color/palette"
	"image/draw"
	"math/rand/v2"
	"testing"

	"github.com/disintegration/imaging"
)

// TestResize compares a plane that was scaled row by row with what imaging makes of
// the whole: with its CatmullRom, behind squares of four made one as often as that
// goes.
func TestResize(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, tt := range []struct{ w, h, toW, toH int }{
		{40, 30, 40, 30}, {40, 30, 31, 23}, {40, 30, 20, 15}, {41, 31, 20, 15}, {97, 65, 20, 15}, {160, 121, 40, 30},
		{7, 5, 20, 17}, {1, 1, 3, 3}, {100, 3, 10, 3}, {3, 100, 3, 10}, {9, 9, 1, 1}, {200, 10, 1, 1}, {64, 64, 48, 1},
	} {
		src := image.NewGray(image.Rect(0, 0, tt.w, tt.h))
		for i := range src.Pix {
			src.Pix[i] = uint8(rng.IntN(256))
		}
		want, cur := image.Image(src), src
		for cur.Rect.Dx() >= 2*tt.toW && cur.Rect.Dy() >= 2*tt.toH {
			next := image.NewGray(image.Rect(0, 0, cur.Rect.Dx()/2, cur.Rect.Dy()/2))
			for y := range next.Rect.Dy() {
				for x := range next.Rect.Dx() {
					sum := 2
					for k := range 4 {
						sum += int(cur.GrayAt(2*x+k%2, 2*y+k/2).Y)
					}
					next.SetGray(x, y, color.Gray{uint8(sum / 4)})
				}
			}
			want, cur = next, next
		}
		want = imaging.Resize(want, tt.toW, tt.toH, imaging.CatmullRom)
		got := planeOf(src.Pix, src.Stride, 0, tt.w, tt.h).resize(tt.toW, tt.toH)
		if got.w != tt.toW || got.h != tt.toH {
			t.Fatalf("%+v: %d×%d", tt, got.w, got.h)
		}
		for y := range tt.toH {
			for x := range tt.toW {
				r, _, _, _ := want.At(x, y).RGBA()
				if a, b := int(got.pix[y*got.stride+x]), int(r>>8); a-b > 2 || b-a > 2 {
					t.Fatalf("%+v: %d at %d, %d, want %d", tt, a, x, y, b)
				}
			}
		}
	}
}

// TestFlattenKinds holds the ways that kinds of pixels have of their own to the
// general one of package draw, with all alphas and all colours.
func TestFlattenKinds(t *testing.T) {
	r := image.Rect(3, 5, 3+67, 5+131) // not at the origin, odd, more than a strip
	rng := rand.New(rand.NewPCG(2, 2))
	any16 := func() uint16 { return uint16(rng.Uint32()) }
	half := color.Palette{color.NRGBA{200, 30, 40, 128}, color.Transparent}
	pics := map[string]draw.Image{
		"paletted": image.NewPaletted(r, palette.Plan9), "transparent palette": image.NewPaletted(r, half),
		"gray16": image.NewGray16(r), "nrgba": image.NewNRGBA(r), "nrgba64": image.NewNRGBA64(r),
		"rgba": image.NewRGBA(r), "rgba64": image.NewRGBA64(r), "cmyk": image.NewCMYK(r),
	}
	for name, img := range pics {
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				a := []uint16{0, 0xffff, any16()}[rng.IntN(3)]
				img.Set(x, y, color.NRGBA64{any16(), any16(), any16(), a})
			}
		}
		want := image.NewRGBA(image.Rect(0, 0, r.Dx(), r.Dy()))
		draw.Draw(want, want.Rect, image.White, image.Point{}, draw.Src)
		draw.Draw(want, want.Rect, img, r.Min, draw.Over)
		got := image.NewRGBA(want.Rect)
		rowsOnWhite(img)(got, r.Min.Y, r.Dy())
		for i, v := range got.Pix {
			if d := int(v) - int(want.Pix[i]); d < -2 || d > 2 {
				t.Errorf("%s: sample %d is %d, want %d", name, i, v, want.Pix[i])
				break
			}
		}
		flat := flatten(img)
		if flat.Rect != want.Rect {
			t.Fatalf("%s: bounds %v, want %v", name, flat.Rect, want.Rect)
		}
		// Luma is of each pixel alone; Go's own conversion rounds it as JFIF does.
		for _, p := range []image.Point{{0, 0}, {66, 0}, {0, 130}, {66, 130}, {33, 64}} {
			c := want.RGBAAt(p.X, p.Y)
			y, _, _ := color.RGBToYCbCr(c.R, c.G, c.B)
			if d := int(flat.Y[flat.YOffset(p.X, p.Y)]) - int(y); d < -3 || d > 3 {
				t.Errorf("%s: luma at %v is %d, want %d", name, p, flat.Y[flat.YOffset(p.X, p.Y)], y)
			}
		}
	}
}
