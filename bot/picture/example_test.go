package picture_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"

	"beianbot/bot/picture"
)

var limits = picture.Limits{
	Accepted:      []picture.Format{picture.JPEG, picture.PNG},
	Disputed:      []picture.Format{picture.GIF},
	MaxBytes:      4_000_000,
	LooseMaxBytes: 4_194_304,
}

func ExampleChecker_Check() {
	var file bytes.Buffer
	if err := png.Encode(&file, image.NewRGBA(image.Rect(0, 0, 300, 400))); err != nil {
		panic(err)
	}
	c := picture.New(limits, picture.Config{})
	report, err := c.Check(context.Background(), file.Bytes(), picture.Source{Name: "证件.jpg"})
	if err != nil {
		panic(err)
	}
	fmt.Println(report.Format, report.Width, report.Height, report.Verdict())
	for _, p := range report.Problems {
		fmt.Println(p.Level, p.Code)
	}
	// Output:
	// png 300 400 warn
	// warn extension-mismatch
	// warn too-small
}

func ExampleChecker_Stitch() {
	page := image.NewYCbCr(image.Rect(0, 0, 800, 500), image.YCbCrSubsampleRatio420)
	var card bytes.Buffer
	if err := jpeg.Encode(&card, page, nil); err != nil {
		panic(err)
	}
	c := picture.New(limits, picture.Config{})
	s, err := c.Stitch(context.Background(), [][]byte{card.Bytes(), card.Bytes()}, picture.StitchOptions{})
	if err != nil {
		panic(err)
	}
	fmt.Println(s.Layout, s.Width, s.Height, s.Scale, len(s.Data) < 4_000_000)
	// Output: vertical 800 1024 [1 1] true
}
