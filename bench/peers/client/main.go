// Command client is the fleet of the xDS benchmark: many nodes in one process. Each line of standard input is something to do, each line
// of standard output something that happened; it ends with its standard input.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"sync"

	"meshgate/bench/peers/mesh"
)

// A command is one line of standard input.
type command struct {
	// connect, expect, counts, verify, expect-loss or reconnect.
	Do       string       `json:"do"`
	Streams  int          `json:"streams"`
	Target   string       `json:"target"`
	Resource mesh.Written `json:"resource"`
	// Bytes that only the changed resource holds.
	Marker string `json:"marker"`
}

func main() {
	log.SetFlags(0)
	target := flag.String("target", "", "host:port of the server")
	protocol := flag.String("protocol", "", "sotw or delta")
	file := flag.String("resources", "", "the resources that are served")
	flag.Parse()
	if err := run(*target, *protocol, *file); err != nil {
		log.Fatal(err)
	}
}

func run(target, protocol, file string) error {
	spoken, err := protocolNamed(protocol)
	if err != nil {
		return err
	}
	resources, err := mesh.Read(file)
	if err != nil {
		return err
	}
	var saying sync.Mutex
	say := func(event map[string]any) {
		saying.Lock()
		defer saying.Unlock()
		line, err := json.Marshal(event)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(string(line))
	}
	nodes := newFleet(target, newRequests(spoken, resources), resources, say)
	say(map[string]any{"event": "ready"})
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<26)
	for lines.Scan() {
		var asked command
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			return fmt.Errorf("not a command: %w", err)
		}
		if err := nodes.do(asked); err != nil {
			return err
		}
	}
	return lines.Err()
}

func (f *fleet) do(asked command) error {
	switch asked.Do {
	case "connect":
		f.connect(asked.Streams)
	case "expect":
		resource, err := asked.Resource.Decode()
		if err != nil {
			return err
		}
		f.expect(resource, asked.Marker)
		f.report(map[string]any{"event": "expecting"})
	case "counts":
		f.report(f.counts.takeInto(map[string]any{"event": "counts"}))
	case "verify":
		f.report(map[string]any{"event": "verified", "problem": f.sample.problem()})
	case "expect-loss":
		f.expectLoss()
		f.report(map[string]any{"event": "expecting"})
	case "reconnect":
		f.reconnect(asked.Target)
	default:
		return fmt.Errorf("no command %q", asked.Do)
	}
	return nil
}
