// SPDX-License-Identifier: MIT

// Handlers for tests, in Go's net/http: places.py writes those of its places where PLACES stands, and
// one program serves them all. What they may name beside (w, r, root, content) stands here.
package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

type handler func(w http.ResponseWriter, r *http.Request, root string, content io.ReadSeeker)

type place struct {
	address, root string
	serve         handler
}

const tag, hash, name = `"v1"`, "v1", "app.js"

var body = []byte(strings.Repeat("var v = 'a value';\n", 400))
var modtime = time.Unix(1777629600, 0)

func asked(r *http.Request) bool { return r.Header.Get("If-None-Match") == tag }

func packed() []byte {
	var to bytes.Buffer
	z := gzip.NewWriter(&to)
	z.Write(body)
	z.Close()
	return to.Bytes()
}

// A part of it, for who looks at no condition.
func partial(w http.ResponseWriter) {
	w.Header().Set("Content-Range", fmt.Sprintf("bytes 100-199/%d", len(body)))
	w.WriteHeader(http.StatusPartialContent)
	w.Write(body[100:200])
}

// What net/http does not write it does not check.
func hijacked(w http.ResponseWriter, fields, octets string) {
	connection, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Fprintf(connection, "HTTP/1.1 304 Not Modified\r\nETag: %s\r\nDate: %s\r\n%s\r\n%s", tag, time.Now().UTC().Format(http.TimeFormat), fields, octets)
	connection.Close()
}

var _ = []interface{}{os.Stat, strconv.Quote, packed, partial, hijacked, asked, modtime}

var places = []place{
	// PLACES
}

func main() {
	for _, p := range places {
		p := p
		listener, err := net.Listen("tcp", p.address)
		if err != nil {
			log.Fatal(err)
		}
		go http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			p.serve(w, r, p.root, bytes.NewReader(body))
		}))
	}
	select {}
}
