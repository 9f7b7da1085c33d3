package main

import (
	"fmt"
	"slices"
	"sync"

	"meshgate/bench/peers/mesh"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// A sample is what the first stream holds, whole, to be compared with what it should hold.
type sample struct {
	protocol *protocol
	mutex    sync.Mutex
	want     map[string]map[string]proto.Message
	held     map[string]map[string]held
	versions map[string][]byte
}

func newSample(protocol *protocol, resources map[string][]mesh.Resource) *sample {
	made := &sample{
		protocol: protocol,
		want:     map[string]map[string]proto.Message{},
		held:     map[string]map[string]held{},
		versions: map[string][]byte{},
	}
	for typeURL, list := range resources {
		made.want[typeURL] = map[string]proto.Message{}
		made.held[typeURL] = map[string]held{}
		for _, resource := range list {
			made.want[typeURL][resource.Name] = resource.Message
		}
	}
	return made
}

// take keeps a copy: the message is used again.
func (s *sample) take(typeURL string, version, message []byte) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.versions[typeURL] = slices.Clone(version)
	return s.protocol.resourcesOf(message, func(one held) bool {
		s.held[typeURL][string(one.name)] = held{value: slices.Clone(one.value), version: slices.Clone(one.version)}
		return true
	})
}

func (s *sample) change(resource mesh.Resource) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.want[resource.TypeURL][resource.Name] = resource.Message
}

// problem says what is not as it should be; empty: nothing.
func (s *sample) problem() string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for typeURL, wanted := range s.want {
		if len(wanted) != len(s.held[typeURL]) {
			return fmt.Sprintf("%d resources of type %s, want %d", len(s.held[typeURL]), typeURL, len(wanted))
		}
		for name, want := range wanted {
			message, err := mesh.Empty(typeURL)
			if err == nil {
				err = proto.Unmarshal(s.held[typeURL][name].value, message)
			}
			if err != nil {
				return fmt.Sprintf("%s %s: %v", typeURL, name, err)
			}
			if !proto.Equal(rewritten(message), rewritten(want)) {
				return fmt.Sprintf("%s %s: %v, want %v", typeURL, name, message, want)
			}
		}
	}
	return ""
}

// rewritten has this program's encoding of the messages inside, which stand encoded in it: others may put their fields in another order.
func rewritten(message proto.Message) proto.Message {
	text, err := protojson.Marshal(message)
	if err != nil {
		return message
	}
	again := message.ProtoReflect().New().Interface()
	if err := protojson.Unmarshal(text, again); err != nil {
		return message
	}
	return again
}

// known is what a node that holds this says after a reconnect.
func (s *sample) known() map[string]*known {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	all := map[string]*known{}
	for typeURL, resources := range s.held {
		versions := map[string][]byte{}
		for name, one := range resources {
			versions[name] = one.version
		}
		all[typeURL] = knownOf(s.versions[typeURL], versions)
	}
	return all
}
