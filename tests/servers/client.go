// SPDX-License-Identifier: MIT

// A client for tests, in Go's net/http, which asks twice.
//
// usage: client plain|tag|cache URL FROM
//
//	plain  as http.Client does by itself
//	tag    keeps the ETag and sets If-None-Match
//	cache  has a caching http.RoundTripper as its Transport
package main

import (
	"bytes"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"time"
)

// One answer, for as long as max-age says.
type caching struct {
	next   http.RoundTripper
	answer *http.Response
	body   []byte
	until  time.Time
}

var maxAge = regexp.MustCompile(`max-age=(\d+)`)

func (c *caching) RoundTrip(r *http.Request) (*http.Response, error) {
	if c.answer == nil || time.Now().After(c.until) {
		answer, err := c.next.RoundTrip(r)
		if err != nil {
			return nil, err
		}
		c.body, _ = io.ReadAll(answer.Body)
		c.answer = answer
		if found := maxAge.FindStringSubmatch(answer.Header.Get("Cache-Control")); found != nil {
			seconds, _ := strconv.Atoi(found[1])
			c.until = time.Now().Add(time.Duration(seconds) * time.Second)
		}
	}
	again := *c.answer
	again.Body = io.NopCloser(bytes.NewReader(c.body))
	return &again, nil
}

func main() {
	mode, url, from := os.Args[1], os.Args[2], net.ParseIP(os.Args[3])
	var transport http.RoundTripper = &http.Transport{DialContext: (&net.Dialer{LocalAddr: &net.TCPAddr{IP: from}}).DialContext}
	if mode == "cache" {
		transport = &caching{next: transport}
	}
	client, tag := http.Client{Transport: transport}, ""
	for i := 0; i < 2; i++ {
		r, _ := http.NewRequest("GET", url, nil)
		if mode == "tag" && tag != "" {
			r.Header.Set("If-None-Match", tag)
		}
		answer, err := client.Do(r)
		if err != nil {
			log.Fatal(err)
		}
		io.Copy(io.Discard, answer.Body)
		answer.Body.Close()
		if answer.StatusCode != http.StatusNotModified {
			tag = answer.Header.Get("ETag")
		}
	}
}
