// An HTTP server in Go that forwards requests with a limit for the size of their body, as
// OpenTelemetry's collector has. Arguments: the target, the limit in bytes, and the status of a refusal.
package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"strconv"
)

func main() {
	target, err := url.Parse(os.Args[1])
	check(err)
	limit, err := strconv.ParseInt(os.Args[2], 10, 64)
	check(err)
	status, err := strconv.Atoi(os.Args[3])
	check(err)
	proxy := httputil.NewSingleHostReverseProxy(target)
	handler := func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
		if err != nil {
			refuse(w, status, err.Error())
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		proxy.ServeHTTP(w, r)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	fmt.Println(listener.Addr())
	check(http.Serve(listener, http.HandlerFunc(handler)))
}

// refuse responds with 413 and a text, or as the collector does: with 400 and a `google.rpc.Status`.
func refuse(w http.ResponseWriter, status int, message string) {
	if status != http.StatusBadRequest {
		http.Error(w, message, status)
		return
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
	w.WriteHeader(status)
	w.Write(append([]byte{0x08, 3, 0x12, byte(len(message))}, message...))
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
