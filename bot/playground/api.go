package playground

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// An apiError is an answer with "ok":false.
type apiError struct {
	code    int
	desc    string
	retry   int   // retry_after in seconds, 0 for none
	migrate int64 // migrate_to_chat_id, 0 for none
}

func (e *apiError) Error() string { return e.desc }

func badRequest(what string) error {
	return &apiError{code: http.StatusBadRequest, desc: "Bad Request: " + what}
}

func forbidden(what string) error {
	return &apiError{code: http.StatusForbidden, desc: "Forbidden: " + what}
}

func conflict(what string) error {
	return &apiError{code: http.StatusConflict, desc: "Conflict: " + what}
}

// methods are the calls that this server answers, by lower-case name; the
// schema has the same ones.
var methods map[string]func(*Server, *call) (any, error)

func init() {
	// Filled here because the webhook reaches the table from its own calls.
	methods = map[string]func(*Server, *call) (any, error){
		"getupdates": (*Server).getUpdates, "setwebhook": (*Server).setWebhook,
		"deletewebhook": (*Server).deleteWebhook, "getwebhookinfo": (*Server).getWebhookInfo,
		"getme": (*Server).getMe, "logout": (*Server).logOut, "close": (*Server).logOut,

		"sendmessage": (*Server).sendMessage, "sendmediagroup": (*Server).sendMediaGroup,
		"sendphoto": mediaSender("photo"), "senddocument": mediaSender("document"), "sendvideo": mediaSender("video"),
		"sendanimation": mediaSender("animation"), "sendaudio": mediaSender("audio"), "sendvoice": mediaSender("voice"),
		"sendsticker": mediaSender("sticker"), "sendlocation": (*Server).sendLocation, "sendcontact": (*Server).sendContact,
		"sendchataction": (*Server).sendChatAction, "setmessagereaction": (*Server).setMessageReaction,
		"copymessage": (*Server).copyMessage, "copymessages": (*Server).copyMessages,
		"forwardmessage": (*Server).forwardMessage, "forwardmessages": (*Server).forwardMessages,

		"editmessagetext": (*Server).editMessageText, "editmessagecaption": (*Server).editMessageCaption,
		"editmessagemedia": (*Server).editMessageMedia, "editmessagereplymarkup": (*Server).editMessageReplyMarkup,
		"deletemessage": (*Server).deleteMessage, "deletemessages": (*Server).deleteMessages,
		"answercallbackquery": (*Server).answerCallbackQuery, "answerinlinequery": (*Server).answerInlineQuery,
		"getfile": (*Server).getFile,

		"getchat": (*Server).getChat, "getchatmember": (*Server).getChatMember, "getchatmembercount": (*Server).getChatMemberCount,
		"getchatadministrators": (*Server).getChatAdministrators, "leavechat": (*Server).leaveChat,
		"pinchatmessage": (*Server).pinChatMessage, "unpinchatmessage": (*Server).unpinChatMessage,
		"unpinallchatmessages": (*Server).unpinAllChatMessages, "unpinallforumtopicmessages": (*Server).unpinAllForumTopicMessages,
		"createforumtopic": (*Server).createForumTopic, "editforumtopic": (*Server).editForumTopic,
		"closeforumtopic": (*Server).closeForumTopic, "reopenforumtopic": (*Server).reopenForumTopic,
		"deleteforumtopic":      (*Server).deleteForumTopic,
		"editgeneralforumtopic": (*Server).editGeneralForumTopic, "unpinallgeneralforumtopicmessages": (*Server).unpinAllGeneralForumTopicMessages,
		"closegeneralforumtopic": (*Server).closeGeneralForumTopic, "reopengeneralforumtopic": (*Server).reopenGeneralForumTopic,
		"hidegeneralforumtopic": (*Server).hideGeneralForumTopic, "unhidegeneralforumtopic": (*Server).unhideGeneralForumTopic,
		"getforumtopiciconstickers": (*Server).getForumTopicIconStickers,
		"setchattitle":              (*Server).setChatTitle, "setchatdescription": (*Server).setChatDescription,
		"banchatmember": (*Server).banChatMember, "unbanchatmember": (*Server).unbanChatMember,
		"getuserprofilephotos": (*Server).getUserProfilePhotos,

		"setmycommands": (*Server).setMyCommands, "deletemycommands": (*Server).deleteMyCommands, "getmycommands": (*Server).getMyCommands,
		"setmyname": textSetter("name", 64, profileNames), "getmyname": textGetter("name", profileNames),
		"setmydescription":      textSetter("description", 512, profileDescriptions),
		"getmydescription":      textGetter("description", profileDescriptions),
		"setmyshortdescription": textSetter("short_description", 120, profileShorts),
		"getmyshortdescription": textGetter("short_description", profileShorts),
		"setchatmenubutton":     (*Server).setChatMenuButton, "getchatmenubutton": (*Server).getChatMenuButton,
	}
}

// result is what a call comes to.
type result struct {
	value any
	err   *apiError
	fault *fault // what is to go wrong on the way back, nil for nothing
}

var tokenForm = regexp.MustCompile(`^[0-9]+:[A-Za-z0-9_-]+$`)

// ValidToken reports whether token has the form of a bot's token,
// "<digits>:<secret>". With any other a [Server] answers no bot.
func ValidToken(token string) bool { return tokenForm.MatchString(token) }

// serveBot answers /bot<token>/[test/]<method>.
func (s *Server) serveBot(w http.ResponseWriter, r *http.Request) {
	token, method, ok := strings.Cut(strings.TrimPrefix(r.URL.Path, "/bot"), "/")
	method = strings.TrimPrefix(method, "test/")
	switch {
	case !ok || method == "" || !ValidToken(token):
		reply(w, result{err: &apiError{code: http.StatusNotFound, desc: "Not Found"}})
		return
	case token != s.token:
		reply(w, result{err: &apiError{code: http.StatusUnauthorized, desc: "Unauthorized"}})
		return
	case r.Method != http.MethodGet && r.Method != http.MethodPost:
		reply(w, result{err: &apiError{code: http.StatusMethodNotAllowed, desc: "Method Not Allowed"}})
		return
	}
	p, err := parseParams(r)
	switch {
	case errors.Is(err, errTooLarge):
		reply(w, result{err: &apiError{code: http.StatusRequestEntityTooLarge, desc: "Request Entity Too Large"}})
		return
	case err != nil:
		reply(w, result{err: &apiError{code: http.StatusBadRequest, desc: "Bad Request: can't parse the request"}})
		return
	}
	res := s.dispatch(r.Context(), method, p)
	if res.fault != nil {
		switch res.fault.Kind {
		case "500-html":
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(http.StatusInternalServerError)
			fmt.Fprint(w, "<html>\r\n<head><title>500 Internal Server Error</title></head>\r\n<body><center><h1>500 Internal Server Error</h1></center><hr><center>nginx</center></body>\r\n</html>\r\n")
			return
		case "cut-before", "cut-after":
			panic(http.ErrAbortHandler) // the documented way to close the connection without an answer
		}
	}
	reply(w, res)
}

// dispatch runs one call, however it came, and remembers it.
func (s *Server) dispatch(ctx context.Context, method string, p *params) result {
	start := time.Now()
	name, known := s.schema.canonical(method)
	run := methods[strings.ToLower(name)]
	if !known || run == nil {
		e := &apiError{code: http.StatusNotFound, desc: "Not Found"}
		broken := []string{"there is no such method"}
		if s.schema.unserved[strings.ToLower(method)] {
			e = &apiError{code: http.StatusNotImplemented, desc: "Not Implemented: the playground does not serve this method"}
			broken = nil
		}
		s.record(method, p, e, broken, start)
		return result{err: e}
	}
	c := &call{ctx: ctx, method: name, params: p}
	broken := s.schema.check(name, p)
	f := s.takeFault(name)
	var res result
	if e := f.before(); e != nil {
		res.err = e
	} else if f.skips() {
		res.fault = f
	} else if e := s.pace(name, p.text["chat_id"]); e != nil {
		res.err = e
	} else {
		if !f.wait(ctx, s.quit) {
			return result{err: &apiError{code: http.StatusServiceUnavailable, desc: "Service Unavailable"}}
		}
		v, err := run(s, c)
		res.value, res.fault = v, f
		var ae *apiError
		if errors.As(err, &ae) {
			res.err = ae
		} else if err != nil {
			res.err = &apiError{code: http.StatusInternalServerError, desc: "Internal Server Error"}
			s.log.Error("call of the bot", "method", name, "err", err)
		}
	}
	s.record(name, p, res.err, broken, start)
	return res
}

// reply writes the answer to a call.
func reply(w http.ResponseWriter, res result) {
	w.Header().Set("Content-Type", "application/json")
	if res.err == nil {
		json.NewEncoder(w).Encode(map[string]any{"ok": true, "result": res.value})
		return
	}
	body := map[string]any{"ok": false, "error_code": res.err.code, "description": res.err.desc}
	if res.err.retry > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(res.err.retry))
		body["parameters"] = map[string]any{"retry_after": res.err.retry}
	}
	if res.err.migrate != 0 {
		body["parameters"] = map[string]any{"migrate_to_chat_id": res.err.migrate}
	}
	w.WriteHeader(res.err.code)
	json.NewEncoder(w).Encode(body)
}
