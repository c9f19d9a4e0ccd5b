package picture

import (
	"image"
	"runtime/metrics"
	"sync"
	"testing"
	"time"
)

// photo12 returns a picture of 12 million pixels with the detail of a photo.
func photo12() *image.YCbCr {
	tile := flatten(noisy(500, 375, 12))
	canvas := newCanvas(4000, 3000)
	place(canvas, canvas.Rect, tile, 1) // soft, as lenses are
	for y := range 3000 {
		row := canvas.Y[y*canvas.YStride:][:4000]
		for x := range row {
			row[x] += byte((x*7919 + y*104729) >> 3 & 3)
		}
	}
	return canvas
}

func BenchmarkCheckJPEG12MP(b *testing.B) {
	c := New(testLimits, Config{})
	data := jpegOf(b, photo12(), 90)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Check(b.Context(), data, Source{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCheckPNG12MP(b *testing.B) {
	c := New(testLimits, Config{})
	data := pngOf(b, photo12())
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Check(b.Context(), data, Source{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRepairTurned12MP(b *testing.B) {
	c := New(testLimits, Config{})
	data := insert(jpegOf(b, photo12(), 90), exifSegment(6, true))
	b.ReportAllocs()
	for b.Loop() {
		if _, ok, err := c.Repair(b.Context(), data, Source{}); err != nil || !ok {
			b.Fatal(ok, err)
		}
	}
}

func BenchmarkStitch4x12MP(b *testing.B) {
	c := New(testLimits, Config{})
	data := jpegOf(b, photo12(), 90)
	turned := insert(data, exifSegment(6, false))
	pics := [][]byte{data, turned, data, turned}
	b.ReportAllocs()
	for b.Loop() {
		s, err := c.Stitch(b.Context(), pics, StitchOptions{})
		if err != nil || s.Data == nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkFortyAtOnce checks and repairs forty large pictures at once through the
// budget of a program, and reports the most bytes that were accounted and that
// the heap really had.
func BenchmarkFortyAtOnce(b *testing.B) {
	c := New(testLimits, Config{})
	data := insert(jpegOf(b, photo12(), 90), exifSegment(6, true))
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/unused:bytes"}}
	heap := func() uint64 {
		metrics.Read(sample)
		return sample[0].Value.Uint64() + sample[1].Value.Uint64()
	}
	var peak uint64
	for b.Loop() {
		done := make(chan struct{})
		var wg, watch sync.WaitGroup
		watch.Go(func() {
			for tick := time.NewTicker(2 * time.Millisecond); ; {
				select {
				case <-tick.C:
					peak = max(peak, heap())
				case <-done:
					tick.Stop()
					return
				}
			}
		})
		for range 40 {
			wg.Go(func() {
				if _, _, ok, err := c.Examine(b.Context(), data, Source{}); err != nil || !ok {
					b.Error(ok, err)
				}
			})
		}
		wg.Wait()
		close(done)
		watch.Wait()
	}
	b.ReportMetric(float64(peak)/1e6, "heap-MB")
	b.ReportMetric(float64(c.memory.most)/1e6, "accounted-MB")
}
