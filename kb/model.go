package kb

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/gob"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"io/fs"
	"math"
	"slices"
	"strings"
)

// WeightsFile is the name of the trained model within the content folder.
// `beianbot kb train` makes it. It is not compressed: unpacking took a third of a
// start, and git and archives of the program pack it anyway.
const WeightsFile = "weights.bin"

// maxWeights bounds the model, in bytes.
const maxWeights = 64 << 20

// A model is what was learnt from the training questions.
type model struct {
	*classifier
	bytes   []byte    // weights as stored, int8, when it was read; row-major
	step    []float32 // by row: a weight is its byte times the step
	hash    string    // of the content that it was trained on
	idfs    []float32 // by row of the classifier
	gate    []float32 // see trainGate
	unknown float32   // idf of a feature that was never seen
	band    bands
}

// storedModel is what a model's file begins with: the length of its gob in four
// bytes, big-endian, and the gob. The weights are the rest, int8 and row-major,
// used where they lie: w = q × Step[feature].
type storedModel struct {
	Hash     string
	Labels   []string
	Features string // parted by newlines
	IDF      []float32
	Gate     []float32
	Unknown  float32
	Step     []float32
	Band     bands
}

func loadModel(content fs.FS) (*model, error) {
	data, err := fs.ReadFile(content, WeightsFile)
	if err != nil {
		return nil, fmt.Errorf("read model: %w", err)
	}
	if len(data) > maxWeights || len(data) < 4 {
		return nil, fmt.Errorf("read model: %d bytes, at most %d", len(data), maxWeights)
	}
	head, rest := int64(binary.BigEndian.Uint32(data)), data[4:]
	if head > int64(len(rest)) {
		return nil, errors.New("read model: it is cut off")
	}
	var s storedModel
	if err := gob.NewDecoder(bytes.NewReader(rest[:head])).Decode(&s); err != nil {
		return nil, fmt.Errorf("read model: %w", err)
	}
	weights := rest[head:]
	features := strings.Split(s.Features, "\n")
	if n := len(features); len(weights) != n*len(s.Labels) || len(s.IDF) != n || len(s.Step) != n || len(s.Gate) != n+1 || len(s.Band.Weights) != len(signals{}.values()) {
		return nil, errors.New("read model: sizes do not agree")
	}
	m := &model{
		classifier: &classifier{labels: s.Labels, index: make(map[string]int, len(features))},
		bytes:      weights, step: s.Step,
		hash: s.Hash, idfs: s.IDF, gate: s.Gate, unknown: s.Unknown, band: s.Band,
	}
	for i, f := range features {
		m.index[f] = i
	}
	return m, nil
}

// logits adds the scores of a question to p, times lambda. A model that was read
// works on bytes: it is small, and starts without unpacking millions of weights.
func (m *model) logits(rows []int, lambda float64, p []float64) {
	if m.bytes == nil {
		m.classifier.logits(rows, lambda, p)
		return
	}
	k := len(m.labels)
	sum := make([]float32, k)
	for _, r := range rows {
		step := m.step[r]
		w := m.bytes[r*k : r*k+k][:len(sum)]
		for j := range sum {
			sum[j] += step * float32(int8(w[j]))
		}
	}
	x := lambda * scale(len(rows))
	for j, w := range sum {
		p[j] += x * float64(w)
	}
}

// negligible is a weight that no decision depends on.
const negligible = 0.05

// write stores the model.
func (m *model) write(w io.Writer) error {
	k := len(m.labels)
	s := storedModel{
		Hash: m.hash, Labels: m.labels, IDF: m.idfs, Gate: m.gate, Unknown: m.unknown,
		Step: make([]float32, len(m.index)), Band: m.band,
	}
	weights := make([]byte, len(m.weights))
	features := make([]string, len(m.index))
	for f, i := range m.index {
		features[i] = f
		top := 0.0
		for _, x := range m.weights[i*k : i*k+k] {
			top = max(top, math.Abs(float64(x)))
		}
		s.Step[i] = float32(top / 127)
		for j, x := range m.weights[i*k : i*k+k] {
			if top > 0 {
				q := math.Round(float64(x) / top * 127)
				if math.Abs(float64(x)) < negligible {
					q = 0 // makes the file small
				}
				weights[i*k+j] = byte(int8(q))
			}
		}
	}
	s.Features = strings.Join(features, "\n")
	var head bytes.Buffer
	if err := gob.NewEncoder(&head).Encode(s); err != nil {
		return err
	}
	size := binary.BigEndian.AppendUint32(nil, uint32(head.Len()))
	for _, part := range [][]byte{size, head.Bytes(), weights} {
		if _, err := w.Write(part); err != nil {
			return err
		}
	}
	return nil
}

// open returns the log-odds that an entry answers a question.
func (m *model) open(features []string) float64 {
	return gateLogit(m.gate, append(m.rows(features), len(m.index)))
}

// feature returns a feature's number and how rare it is.
func (m *model) feature(f string) (id uint32, idf float32) {
	if i, ok := m.index[f]; ok {
		return uint32(i), m.idfs[i]
	}
	h := fnv.New32a()
	h.Write([]byte(f))
	return h.Sum32() | 1<<31, m.unknown // no model has that many rows
}

// rareIDF is the idf of what one training question in 150 has.
const rareIDF = 5

// rare reports whether a feature is no everyday word of the trade.
func (m *model) rare(f string) bool {
	_, idf := m.feature(f)
	return idf > rareIDF
}

// rarest returns the n rarest of the features that are indexed, by field.
func (m *model) rarest(features []string, n int) map[string][]string {
	indexed := slices.DeleteFunc(slices.Clone(features), func(f string) bool { return fieldOf(f) == "" })
	slices.SortStableFunc(indexed, func(a, b string) int {
		_, x := m.feature(a)
		_, y := m.feature(b)
		return cmp.Compare(y, x)
	})
	return terms(indexed[:min(n, len(indexed))])
}

// contentHash names the content that a model belongs to: everything that the
// model depends on, the model left out.
func contentHash(content fs.FS) (string, error) {
	h := sha256.New()
	var names []string
	err := fs.WalkDir(content, ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && trainedOn(name) {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		return "", fmt.Errorf("hash content: %w", err)
	}
	slices.Sort(names)
	for _, name := range names {
		data, err := fs.ReadFile(content, name)
		if err != nil {
			return "", fmt.Errorf("hash content: %w", err)
		}
		fmt.Fprintf(h, "%s %d\n", name, len(data))
		h.Write(data)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// trainedOn reports whether the model depends on a file of content.
func trainedOn(name string) bool {
	dir, _, inDir := strings.Cut(name, "/")
	if inDir {
		return slices.Contains(folders, Kind(dir))
	}
	return slices.Contains([]string{"concepts.yaml", "kinds.yaml", "formats.yaml", "pens.yaml", "places.yaml", "groups.yaml"}, name)
}
