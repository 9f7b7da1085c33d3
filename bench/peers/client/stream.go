package main

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"meshgate/bench/peers/mesh"
	"meshgate/bench/peers/passthrough"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/mem"
)

// A stream is one node: one aggregated stream on a connection of its own. It asks as an Envoy does, clusters, their endpoints, the
// listener, its routes, each when what was asked for before is there, and acknowledges at once.
type stream struct {
	fleet *fleet
	index int
	call  grpc.ClientStream

	asked, complete [4]bool
	// Names seen so far of a type that comes in parts.
	parts [4]map[string]struct{}
	// The last change that it saw.
	seen *change
	// Of what it says that it holds since before: nil at first.
	known map[string]*known
	// Called once, when all that it asked for has come.
	onComplete func()
}

// As Envoy has them by default, so that flow control is what servers meet in a mesh.
const (
	streamWindow     = 16 << 20
	connectionWindow = 24 << 20
	bufferSize       = 16 << 10
	connectTimeout   = 5 * time.Minute
)

// run returns when the stream ends, which is always a fault.
func (s *stream) run(target string) error {
	connection, err := grpc.NewClient("passthrough:///"+target,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.ForceCodecV2(passthrough.Codec{}), grpc.MaxCallRecvMsgSize(math.MaxInt32)),
		grpc.WithInitialWindowSize(streamWindow),
		grpc.WithInitialConnWindowSize(connectionWindow),
		grpc.WithReadBufferSize(bufferSize),
		grpc.WithWriteBufferSize(bufferSize),
		grpc.WithSharedWriteBuffer(true),
		grpc.WithDisableServiceConfig(),
		// A server under a storm may be long in taking a connection; whoever runs the benchmark has a deadline of its own.
		grpc.WithConnectParams(grpc.ConnectParams{Backoff: backoff.DefaultConfig, MinConnectTimeout: connectTimeout}),
	)
	if err != nil {
		return err
	}
	defer connection.Close()
	description := &grpc.StreamDesc{ServerStreams: true, ClientStreams: true}
	s.call, err = connection.NewStream(context.Background(), description, s.fleet.requests.protocol.path)
	if err != nil {
		return err
	}
	if err := s.open(); err != nil {
		return err
	}
	for {
		var message mem.Buffer
		if err := s.call.RecvMsg(&message); err != nil {
			return err
		}
		err := s.take(message.ReadOnlyData())
		message.Free()
		if err != nil {
			return err
		}
	}
}

// open asks for clusters. A node that reconnects asks for everything it had, and last for the listener as if it had none: the answer
// to that says that the rest has been heard.
func (s *stream) open() error {
	if s.known == nil {
		return s.ask(0, s.index, nil)
	}
	node := s.index
	for at, typeURL := range mesh.TypeURLs {
		if typeURL == mesh.LDS {
			continue
		}
		s.complete[at] = true
		if err := s.ask(at, node, s.known[typeURL]); err != nil {
			return err
		}
		node = -1
	}
	return s.ask(slices.Index(mesh.TypeURLs, mesh.LDS), -1, nil)
}

func (s *stream) ask(at int, node int, known *known) error {
	s.asked[at] = true
	return s.call.SendMsg(s.fleet.requests.first(mesh.TypeURLs[at], node, known))
}

func (s *stream) take(message []byte) error {
	read, err := readAnswer(message)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(mesh.TypeURLs, func(typeURL string) bool { return string(read.typeURL) == typeURL })
	if at < 0 {
		return fmt.Errorf("an answer of type %q, which nobody asked for", read.typeURL)
	}
	typeURL := mesh.TypeURLs[at]
	if err := s.call.SendMsg(s.fleet.requests.acknowledge(typeURL, read)); err != nil {
		return err
	}
	s.fleet.counts.add(len(message), read.resources)
	if s.index == 0 {
		if err := s.fleet.sample.take(typeURL, read.version, message); err != nil {
			return err
		}
	}
	if !s.complete[at] {
		if err := s.advance(at, read, message); err != nil {
			return err
		}
	}
	return s.look(typeURL, message)
}

// advance asks for the next type when this one is whole.
func (s *stream) advance(at int, read answer, message []byte) error {
	whole := s.fleet.wanted[at]
	if read.resources < whole {
		if s.parts[at] == nil {
			s.parts[at] = map[string]struct{}{}
		}
		err := s.fleet.requests.protocol.resourcesOf(message, func(one held) bool {
			s.parts[at][string(one.name)] = struct{}{}
			return true
		})
		if err != nil || len(s.parts[at]) < whole {
			return err
		}
	}
	s.parts[at] = nil
	s.complete[at] = true
	for next := range s.complete {
		if s.complete[next] {
			continue
		}
		if s.asked[next] {
			return nil
		}
		return s.ask(next, -1, nil)
	}
	s.onComplete()
	return nil
}

// look tells when the change that is waited for has come.
func (s *stream) look(typeURL string, message []byte) error {
	change := s.fleet.change.Load()
	if change == nil || change == s.seen || typeURL != change.typeURL {
		return nil
	}
	return s.fleet.requests.protocol.resourcesOf(message, func(one held) bool {
		if !bytes.Equal(one.name, change.name) {
			return true
		}
		if bytes.Contains(one.value, change.marker) {
			s.seen = change
			change.reach()
		}
		return false
	})
}
