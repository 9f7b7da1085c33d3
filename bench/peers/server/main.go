// Command server is a peer of the xDS benchmark: it serves the resources of a file until its standard input ends. It says on standard
// output where it listens; each line of standard input is one resource that replaces the one of the same name.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"math"
	"net"
	"os"

	"meshgate/bench/peers/mesh"
	"meshgate/bench/peers/monotonic"

	"google.golang.org/grpc"
)

// A peer is one way to serve resources.
type peer interface {
	// Serve starts to answer on the listener and returns.
	Serve(listener net.Listener)
	// Change replaces a resource and has all streams told.
	Change(resource mesh.Resource) error
}

// What a stream of 1,000 names sends is far below this; the default of 4 MB is kept for nobody.
var limits = grpc.MaxRecvMsgSize(math.MaxInt32)

func main() {
	log.SetFlags(0)
	mode := flag.String("mode", "", "snapshot, linear or ceiling")
	file := flag.String("resources", "", "the resources to serve")
	flag.Parse()
	if err := run(*mode, *file); err != nil {
		log.Fatal(err)
	}
}

func run(mode, file string) error {
	resources, err := mesh.Read(file)
	if err != nil {
		return err
	}
	served, err := peerOf(mode, resources)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	served.Serve(listener)
	say(map[string]any{"event": "listening", "port": listener.Addr().(*net.TCPAddr).Port})
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<26)
	for lines.Scan() {
		startedAt := monotonic.Now()
		var written mesh.Written
		if err := json.Unmarshal(lines.Bytes(), &written); err != nil {
			return fmt.Errorf("not a resource: %w", err)
		}
		resource, err := written.Decode()
		if err != nil {
			return err
		}
		if err := served.Change(resource); err != nil {
			return err
		}
		say(map[string]any{"event": "changing", "startedAtNs": startedAt})
	}
	return lines.Err()
}

func peerOf(mode string, resources map[string][]mesh.Resource) (peer, error) {
	switch mode {
	case "snapshot":
		return newSnapshotPeer(resources)
	case "linear":
		return newLinearPeer(resources), nil
	case "ceiling":
		return newCeilingPeer(resources)
	}
	return nil, fmt.Errorf("no mode %q", mode)
}

func say(event map[string]any) {
	line, err := json.Marshal(event)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(line))
}
