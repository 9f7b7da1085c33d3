package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net"
	"slices"
	"sync"

	"meshgate/bench/peers/mesh"
	"meshgate/bench/peers/passthrough"

	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
)

// ceilingPeer writes ready-made bytes and does nothing else: it answers the first request of each type, and reads no further. It is
// no xDS server; it shows what this machine, its network and the client allow.
type ceilingPeer struct {
	ready map[protocol]map[string][]byte

	mutex   sync.Mutex
	streams map[*ceilingStream]struct{}
}

type protocol string

const (
	sotw  protocol = "StreamAggregatedResources"
	delta protocol = "DeltaAggregatedResources"
)

type ceilingStream struct {
	grpc.ServerStream
	protocol protocol
	writing  sync.Mutex
}

func newCeilingPeer(resources map[string][]mesh.Resource) (peer, error) {
	served := &ceilingPeer{
		ready:   map[protocol]map[string][]byte{sotw: {}, delta: {}},
		streams: map[*ceilingStream]struct{}{},
	}
	for typeURL, list := range resources {
		for _, one := range []protocol{sotw, delta} {
			answer, err := answerOf(one, typeURL, list, "0")
			if err != nil {
				return nil, err
			}
			served.ready[one][typeURL] = answer
		}
	}
	return served, nil
}

func (c *ceilingPeer) Serve(listener net.Listener) {
	server := grpc.NewServer(limits, grpc.ForceServerCodecV2(passthrough.Codec{}))
	description := grpc.ServiceDesc{ServiceName: "envoy.service.discovery.v3.AggregatedDiscoveryService", HandlerType: (*any)(nil)}
	for _, one := range []protocol{sotw, delta} {
		description.Streams = append(description.Streams, grpc.StreamDesc{
			StreamName:    string(one),
			ServerStreams: true,
			ClientStreams: true,
			Handler: func(_ any, stream grpc.ServerStream) error {
				return c.answer(&ceilingStream{ServerStream: stream, protocol: one})
			},
		})
	}
	server.RegisterService(&description, c)
	go server.Serve(listener)
}

func (c *ceilingPeer) Change(resource mesh.Resource) error {
	ready := map[protocol][]byte{}
	for _, one := range []protocol{sotw, delta} {
		answer, err := answerOf(one, resource.TypeURL, []mesh.Resource{resource}, resource.Name)
		if err != nil {
			return err
		}
		ready[one] = answer
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for stream := range c.streams {
		if err := stream.write(ready[stream.protocol]); err != nil {
			return err
		}
	}
	return nil
}

func (c *ceilingPeer) answer(stream *ceilingStream) error {
	c.mutex.Lock()
	c.streams[stream] = struct{}{}
	c.mutex.Unlock()
	defer func() {
		c.mutex.Lock()
		delete(c.streams, stream)
		c.mutex.Unlock()
	}()
	open := slices.Clone(mesh.TypeURLs)
	for {
		var request mem.Buffer
		if err := stream.RecvMsg(&request); err != nil {
			return nil // the client went away
		}
		asked := slices.IndexFunc(open, func(typeURL string) bool {
			return bytes.Contains(request.ReadOnlyData(), []byte(typeURL))
		})
		request.Free()
		if asked < 0 {
			continue
		}
		if err := stream.write(c.ready[stream.protocol][open[asked]]); err != nil {
			return err
		}
		open = slices.Delete(open, asked, asked+1)
	}
}

func (s *ceilingStream) write(answer []byte) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	return s.SendMsg(mem.BufferSlice{mem.SliceBuffer(answer)})
}

func answerOf(one protocol, typeURL string, resources []mesh.Resource, version string) ([]byte, error) {
	full := &discovery.DiscoveryResponse{VersionInfo: version, TypeUrl: typeURL, Nonce: version}
	parts := &discovery.DeltaDiscoveryResponse{SystemVersionInfo: version, TypeUrl: typeURL, Nonce: version}
	for _, resource := range resources {
		packed, err := anypb.New(resource.Message)
		if err != nil {
			return nil, err
		}
		full.Resources = append(full.Resources, packed)
		// As long as those of the others, so that it writes as much as they do.
		hash := hex.EncodeToString(sha256.New().Sum(nil))
		parts.Resources = append(parts.Resources, &discovery.Resource{Name: resource.Name, Version: hash, Resource: packed})
	}
	if one == sotw {
		return proto.Marshal(full)
	}
	return proto.Marshal(parts)
}
