package playground

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"mime"
	"net/http"
	"path"
	"regexp"
	"strings"
	"time"
)

// Sizes of files, in bytes.
const (
	maxDownload = 20 << 20 // getFile refuses more
	maxDocument = 50 << 20 // a bot's upload
	maxPhoto    = 10 << 20 // a bot's upload with sendPhoto
	maxFiles    = 100_000  // held, whatever their size
	linkLife    = time.Hour
)

// A file is held in memory until newer ones need its place.
type file struct {
	id, unique    string
	path          string // for /file/bot<token>/
	kind          string // photo, document, video, …
	name          string // UTF-8, empty for photos
	mime          string
	width, height int
	data          []byte
	sizes         []*file   // of a photo: all of them, smallest first, itself included
	link          time.Time // until when the path can be fetched
}

// fileStore holds files by age, within a bound of all bytes.
type fileStore struct {
	max, bytes int64
	byID       map[string]*file
	byPath     map[string]*file
	queue      []*file // oldest first
}

func (fs *fileStore) init(max int64) {
	fs.max = max
	fs.byID = make(map[string]*file)
	fs.byPath = make(map[string]*file)
}

// keep gives f its ids and stores it. The caller holds s.mu.
func (s *Server) keep(f *file) *file {
	n := s.next()
	sum := sha256.Sum256(f.data)
	mark := map[string]string{"photo": "AgACAgUA", "document": "BQACAgUA", "sticker": "CAACAgUA", "voice": "AwACAgUA", "video": "BAACAgUA"}[f.kind]
	if mark == "" {
		mark = "BQACAgUA"
	}
	var id [24]byte
	copy(id[:], fmt.Sprintf("%08x", n))
	copy(id[8:], sum[:16])
	f.id = mark + base64.RawURLEncoding.EncodeToString(id[:])
	f.unique = "Ag" + base64.RawURLEncoding.EncodeToString(sum[:12])
	dir := map[string]string{"photo": "photos", "document": "documents", "sticker": "stickers", "voice": "voice", "video": "videos", "animation": "animations", "audio": "music"}[f.kind]
	f.path = fmt.Sprintf("%s/file_%d%s", dir, n, plainExt(f.name))
	fs := &s.files
	fs.byID[f.id], fs.byPath[f.path] = f, f
	fs.queue = append(fs.queue, f)
	fs.bytes += int64(len(f.data))
	for len(fs.queue) > 1 && (fs.bytes > fs.max || len(fs.queue) > maxFiles) {
		old := fs.queue[0]
		fs.queue[0] = nil
		fs.queue = fs.queue[1:]
		fs.bytes -= int64(len(old.data))
		delete(fs.byID, old.id)
		delete(fs.byPath, old.path)
	}
	return f
}

var extForm = regexp.MustCompile(`^\.[A-Za-z0-9]{1,10}$`)

func plainExt(name string) string {
	if ext := path.Ext(name); extForm.MatchString(ext) {
		return strings.ToLower(ext)
	}
	return ""
}

// The types that clients declare by a file's extension; the real server
// believes them.
var mimeByExt = map[string]string{
	".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".gif": "image/gif", ".webp": "image/webp",
	".bmp": "image/bmp", ".tif": "image/tiff", ".tiff": "image/tiff", ".heic": "image/heic", ".heif": "image/heif",
	".avif": "image/avif", ".jxl": "image/jxl", ".jp2": "image/jp2", ".pdf": "application/pdf", ".txt": "text/plain", ".md": "text/markdown",
	".csv": "text/csv", ".json": "application/json", ".jsonl": "application/x-ndjson", ".zip": "application/zip",
	".doc": "application/msword", ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	".xls": "application/vnd.ms-excel", ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	".mp4": "video/mp4", ".mov": "video/quicktime", ".ogg": "audio/ogg", ".mp3": "audio/mpeg", ".html": "text/html", ".svg": "image/svg+xml",
}

// mimeOf is the type of an upload: what its extension says, else what was
// declared.
func mimeOf(name, declared string) string {
	if m := mimeByExt[strings.ToLower(path.Ext(name))]; m != "" {
		return m
	}
	if m, _, err := mime.ParseMediaType(declared); err == nil {
		return m
	}
	return "application/octet-stream"
}

// baseName is what remains of a file name that a client sends: no folders and
// no control characters.
func baseName(name string) string {
	name = strings.ToValidUTF8(name, "_")
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '_'
		}
		return r
	}, name)
	if name == "" {
		return "file"
	}
	return name
}

// info is the file as a Document or the like.
func (f *file) info() *fileInfo {
	fi := &fileInfo{ID: f.id, Unique: f.unique, Name: f.name, MIME: f.mime, Size: int64(len(f.data))}
	switch f.kind {
	case "video", "animation":
		fi.Width, fi.Height = max(f.width, 1), max(f.height, 1)
		fi.Duration = new(int)
	case "audio", "voice":
		fi.Duration = new(int)
	}
	return fi
}

var fileIDForm = regexp.MustCompile(`^[A-Za-z0-9_-]{20,}$`)

// stored finds a file that a bot names. The caller holds s.mu.
func (s *Server) stored(id string) (*file, error) {
	if f := s.files.byID[id]; f != nil {
		return f, nil
	}
	if !fileIDForm.MatchString(id) {
		return nil, badRequest("invalid file_id")
	}
	return nil, badRequest("wrong file_id or the file is temporarily unavailable")
}

// getFile opens a link to a file for an hour.
func (s *Server) getFile(c *call) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := s.stored(c.str("file_id"))
	if err != nil {
		return nil, err
	}
	if len(f.data) > maxDownload {
		return nil, badRequest("file is too big")
	}
	f.link = s.now().Add(linkLife)
	return struct {
		ID     string `json:"file_id"`
		Unique string `json:"file_unique_id"`
		Size   int64  `json:"file_size"`
		Path   string `json:"file_path"`
	}{f.id, f.unique, int64(len(f.data)), f.path}, nil
}

// serveDownload answers /file/bot<token>/<path>.
func (s *Server) serveDownload(w http.ResponseWriter, r *http.Request) {
	token, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/file/bot"), "/")
	name = strings.TrimPrefix(name, "test/")
	if token != s.token {
		reply(w, result{err: &apiError{code: http.StatusUnauthorized, desc: "Unauthorized"}})
		return
	}
	s.mu.Lock()
	f := s.files.byPath[name]
	open := f != nil && s.now().Before(f.link)
	s.mu.Unlock()
	if !open {
		reply(w, result{err: &apiError{code: http.StatusNotFound, desc: "Not Found"}})
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(f.data))
}

// simFile answers GET /sim/files/{id}. Pictures may be shown in the page;
// everything else is only ever downloaded, since it comes from strangers and
// the page's origin must not run it.
func (s *Server) simFile(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	f := s.files.byID[r.PathValue("id")]
	s.mu.Unlock()
	if f == nil {
		refuse(w, http.StatusNotFound, "the file is too old")
		return
	}
	typ, disposition := "application/octet-stream", "attachment"
	switch f.mime {
	case "image/jpeg", "image/png", "image/gif", "image/webp", "image/bmp", "image/avif":
		typ, disposition = f.mime, "inline"
	}
	name := f.name
	if name == "" {
		name = path.Base(f.path)
	}
	if r.FormValue("download") != "" {
		disposition = "attachment"
	}
	w.Header().Set("Content-Type", typ)
	w.Header().Set("Content-Disposition", mime.FormatMediaType(disposition, map[string]string{"filename": name}))
	w.Header().Set("Content-Security-Policy", "default-src 'none'; sandbox")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "private, max-age=3600")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(f.data))
}
