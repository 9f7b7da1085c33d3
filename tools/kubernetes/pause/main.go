package main

import (
	"os"
	"os/signal"
	"syscall"
)

// The first container of every pod: it holds the pod's namespaces, and does nothing until it is told to end.
func main() {
	ends := make(chan os.Signal, 1)
	signal.Notify(ends, syscall.SIGINT, syscall.SIGTERM)
	<-ends
}
