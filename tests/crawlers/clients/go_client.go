// SPDX-License-Identifier: Apache-2.0

// URL PROXY CA: one GET with net/http; the proxy comes from the environment, the CA by
// SSL_CERT_FILE. Loopback is never asked through a proxy of the environment, so the test
// names it.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
)

func say(status, size int, err error) {
	text := ""
	if err != nil {
		text = err.Error()
	}
	line, _ := json.Marshal(map[string]any{"status": status, "size": size, "error": text})
	fmt.Println("GOT " + string(line))
}

func main() {
	proxy, _ := url.Parse(os.Args[2])
	client := &http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(proxy)}}
	request, err := http.NewRequest("GET", os.Args[1], nil)
	if err != nil {
		say(0, 0, err)
		return
	}
	request.Header.Set("User-Agent", "TestBot/1.0")
	response, err := client.Do(request)
	if err != nil {
		say(0, 0, err)
		return
	}
	body, err := io.ReadAll(response.Body)
	say(response.StatusCode, len(body), err)
}
