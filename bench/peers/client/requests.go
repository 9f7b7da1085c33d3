package main

import (
	"fmt"

	"meshgate/bench/peers/mesh"

	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
)

// requests are the parts of requests that all streams share.
type requests struct {
	protocol *protocol
	// What is subscribed to, encoded, by type URL; wildcard types name nothing.
	names map[string][]byte
}

func newRequests(one *protocol, resources map[string][]mesh.Resource) *requests {
	shared := &requests{protocol: one, names: map[string][]byte{}}
	for _, typeURL := range []string{mesh.EDS, mesh.RDS} {
		var encoded []byte
		for _, resource := range resources[typeURL] {
			encoded = appendText(encoded, one.names, resource.Name)
		}
		shared.names[typeURL] = encoded
	}
	return shared
}

// first opens a subscription. A node of -1 is left out, as in all requests of a stream but its first.
func (r *requests) first(typeURL string, node int, known *known) mem.BufferSlice {
	var head []byte
	if node >= 0 {
		id := appendText(nil, 1, fmt.Sprintf("bench-%d", node))
		head = appendMessage(head, r.protocol.node, appendText(id, 2, "bench"))
	}
	if r.protocol == &sotw && known != nil {
		head = appendText(head, requestVersion, string(known.version))
	}
	head = appendText(head, r.protocol.typeURL, typeURL)
	parts := mem.BufferSlice{mem.SliceBuffer(head), mem.SliceBuffer(r.names[typeURL])}
	if r.protocol == &delta && known != nil {
		parts = append(parts, mem.SliceBuffer(known.initialVersions))
	}
	return parts
}

// acknowledge takes an answer.
func (r *requests) acknowledge(typeURL string, of answer) mem.BufferSlice {
	var head []byte
	if r.protocol == &sotw {
		head = appendText(head, requestVersion, string(of.version))
	}
	head = appendText(head, r.protocol.typeURL, typeURL)
	head = appendText(head, r.protocol.nonce, string(of.nonce))
	if r.protocol == &delta {
		return mem.BufferSlice{mem.SliceBuffer(head)}
	}
	return mem.BufferSlice{mem.SliceBuffer(head), mem.SliceBuffer(r.names[typeURL])}
}

// known is what a stream says of one type after a reconnect: all nodes hold the same.
type known struct {
	version         []byte
	initialVersions []byte
}

func knownOf(version []byte, versions map[string][]byte) *known {
	var encoded []byte
	for name, version := range versions {
		entry := appendText(nil, 1, name)
		entry = protowire.AppendBytes(protowire.AppendTag(entry, 2, protowire.BytesType), version)
		encoded = appendMessage(encoded, delta.initialVersions, entry)
	}
	return &known{version: version, initialVersions: encoded}
}
