package playground

import (
	"errors"
	"net/http"
	"strings"
)

// media is one file of a message, or the sizes of a photo, smallest first.
type media struct {
	kind  string
	files []*file
}

// media finds the file that a call sends as value: a part of the same request,
// or the id of a file that is there. New files are not stored before attach.
// It runs without the lock, since photos are recompressed.
func (s *Server) media(c *call, kind, param, value string) (media, error) {
	up, ok := c.files[param]
	if name, attached := strings.CutPrefix(value, "attach://"); attached {
		if up, ok = c.files[name]; !ok {
			return media{}, badRequest("there is no " + kind + " in the request")
		}
	}
	switch {
	case ok:
		return uploaded(kind, up)
	case value == "":
		return media{}, badRequest("there is no " + kind + " in the request")
	case strings.HasPrefix(value, "http://") || strings.HasPrefix(value, "https://"):
		return media{}, badRequest("failed to get HTTP URL content") // this Telegram has no internet
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := s.stored(value)
	if err != nil {
		return media{}, err
	}
	if f.kind != kind {
		return media{}, badRequest("can't use file of type " + title(f.kind) + " as " + title(kind))
	}
	m := media{kind: kind, files: []*file{f}}
	if kind == "photo" {
		m.files = f.sizes
	}
	return m, nil
}

func title(kind string) string { return strings.ToUpper(kind[:1]) + kind[1:] }

// uploaded makes media of a file part.
func uploaded(kind string, up upload) (media, error) {
	switch {
	case len(up.data) == 0:
		return media{}, badRequest("file must be non-empty")
	case len(up.data) > maxDocument:
		return media{}, &apiError{code: http.StatusRequestEntityTooLarge, desc: "Request Entity Too Large"}
	}
	if kind != "photo" {
		return media{kind, []*file{{kind: kind, name: baseName(up.name), mime: mimeOf(up.name, up.mime), data: up.data}}}, nil
	}
	if len(up.data) > maxPhoto {
		return media{}, badRequest("file is too big")
	}
	sizes, err := recompress(up.data, maxPhotoSides)
	switch {
	case errors.Is(err, errPhotoShape):
		return media{}, badRequest("PHOTO_INVALID_DIMENSIONS")
	case err != nil:
		return media{}, badRequest("IMAGE_PROCESS_FAILED")
	}
	return media{"photo", sizes}, nil
}

// attach stores what is new of med and puts it into m. The caller holds s.mu.
func (s *Server) attach(m *message, med media) {
	for _, f := range med.files {
		if f.id == "" {
			s.keep(f)
		}
	}
	f := med.files[len(med.files)-1]
	m.Photo, m.Document, m.Video, m.Animation, m.Audio, m.Voice, m.Sticker = nil, nil, nil, nil, nil, nil, nil
	switch med.kind {
	case "photo":
		for _, f := range med.files {
			m.Photo = append(m.Photo, photoSize{f.id, f.unique, f.width, f.height, int64(len(f.data))})
		}
	case "video":
		m.Video = f.info()
	case "animation":
		m.Animation, m.Document = f.info(), &fileInfo{ID: f.id, Unique: f.unique, Name: f.name, MIME: f.mime, Size: int64(len(f.data))}
	case "audio":
		m.Audio = f.info()
	case "voice":
		m.Voice = f.info()
		m.Voice.Name = ""
	case "sticker":
		m.Sticker = &sticker{ID: f.id, Unique: f.unique, Type: "regular", Width: 512, Height: 512, Emoji: "👍", Size: int64(len(f.data))}
	default:
		m.Document = f.info()
	}
}
