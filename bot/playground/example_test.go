package playground_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"beianbot/bot/playground"
)

func ExampleNew() {
	s := playground.New(playground.Config{Token: "42:secret", FirstUpdate: 1})
	srv := httptest.NewServer(s)
	defer srv.Close()
	defer s.Close()

	// A person writes, and the bot reads it.
	resp, err := http.Post(srv.URL+"/sim/chats/1001/text", "application/json", strings.NewReader(`{"text":"核验单怎么填"}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	resp.Body.Close()
	resp, err = http.Get(srv.URL + "/bot42:secret/getUpdates")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	fmt.Println(strings.Contains(string(body), "核验单怎么填"))
	// Output: true
}
