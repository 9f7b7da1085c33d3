package main

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

// A protocol is one of the two ways to speak xDS over an aggregated stream.
type protocol struct {
	name, path string
	// Field numbers of its request.
	node, typeURL, names, initialVersions, nonce protowire.Number
}

// https://github.com/envoyproxy/envoy/blob/main/api/envoy/service/discovery/v3/discovery.proto
const (
	service        = "/envoy.service.discovery.v3.AggregatedDiscoveryService/"
	requestVersion = 1 // of the state of the world alone

	answerVersion   = 1
	answerResources = 2
	answerTypeURL   = 4
	answerNonce     = 5

	deltaVersion  = 1
	deltaResource = 2

	anyValue     = 2
	resourceName = 1 // of each of the four types
)

var (
	sotw  = protocol{name: "sotw", path: service + "StreamAggregatedResources", node: 2, names: 3, typeURL: 4, nonce: 5}
	delta = protocol{name: "delta", path: service + "DeltaAggregatedResources", node: 1, typeURL: 2, names: 3, initialVersions: 5, nonce: 6}
)

func protocolNamed(name string) (*protocol, error) {
	switch name {
	case sotw.name:
		return &sotw, nil
	case delta.name:
		return &delta, nil
	}
	return nil, fmt.Errorf("no protocol %q", name)
}

func appendText(to []byte, field protowire.Number, text string) []byte {
	return protowire.AppendString(protowire.AppendTag(to, field, protowire.BytesType), text)
}

func appendMessage(to []byte, field protowire.Number, message []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(to, field, protowire.BytesType), message)
}

// eachField calls take with the length-delimited fields of a message, until it returns false.
func eachField(message []byte, take func(field protowire.Number, value []byte) bool) error {
	for len(message) > 0 {
		field, kind, size := protowire.ConsumeTag(message)
		if size < 0 {
			return protowire.ParseError(size)
		}
		message = message[size:]
		if kind != protowire.BytesType {
			if size = protowire.ConsumeFieldValue(field, kind, message); size < 0 {
				return protowire.ParseError(size)
			}
			message = message[size:]
			continue
		}
		value, size := protowire.ConsumeBytes(message)
		if size < 0 {
			return protowire.ParseError(size)
		}
		message = message[size:]
		if !take(field, value) {
			return nil
		}
	}
	return nil
}

// An answer as far as it must be read to acknowledge it; the slices are parts of the message.
type answer struct {
	version, typeURL, nonce []byte
	resources               int
}

func readAnswer(message []byte) (answer, error) {
	var read answer
	err := eachField(message, func(field protowire.Number, value []byte) bool {
		switch field {
		case answerVersion:
			read.version = value
		case answerResources:
			read.resources++
		case answerTypeURL:
			read.typeURL = value
		case answerNonce:
			read.nonce = value
		}
		return true
	})
	return read, err
}

// A held resource: its encoded message, with its name, and the version that only the delta protocol tells.
type held struct {
	name, value, version []byte
}

// resourcesOf calls take with each resource of an answer, until it returns false.
func (p *protocol) resourcesOf(message []byte, take func(held) bool) error {
	var fault error
	note := func(err error) {
		if fault == nil {
			fault = err
		}
	}
	note(eachField(message, func(field protowire.Number, value []byte) bool {
		if field != answerResources {
			return true
		}
		var one held
		packed := value
		if p == &delta {
			note(eachField(value, func(field protowire.Number, value []byte) bool {
				switch field {
				case deltaVersion:
					one.version = value
				case deltaResource:
					packed = value
				}
				return true
			}))
		}
		note(eachField(packed, func(field protowire.Number, value []byte) bool {
			if field == anyValue {
				one.value = value
			}
			return true
		}))
		note(eachField(one.value, func(field protowire.Number, value []byte) bool {
			if field != resourceName {
				return true
			}
			one.name = value
			return false
		}))
		return take(one)
	}))
	return fault
}
