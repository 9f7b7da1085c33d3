// Package mesh reads the resources that every server of the benchmark serves.
package mesh

import (
	"encoding/json"
	"fmt"
	"os"

	cluster "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	endpoint "github.com/envoyproxy/go-control-plane/envoy/config/endpoint/v3"
	listener "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	route "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/router/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

const typePrefix = "type.googleapis.com/envoy.config."

// The types in the order in which an Envoy asks for them.
const (
	CDS = typePrefix + "cluster.v3.Cluster"
	EDS = typePrefix + "endpoint.v3.ClusterLoadAssignment"
	LDS = typePrefix + "listener.v3.Listener"
	RDS = typePrefix + "route.v3.RouteConfiguration"
)

// TypeURLs in the order in which an Envoy asks for them.
var TypeURLs = []string{CDS, EDS, LDS, RDS}

// Written is one resource as it stands in a file: its body is proto3 JSON.
type Written struct {
	Kind string          `json:"kind"`
	Name string          `json:"name"`
	Body json.RawMessage `json:"body"`
}

// Resource is one resource as an xDS server has it.
type Resource struct {
	TypeURL string
	Name    string
	Message proto.Message
}

// Decode reads one resource.
func (w Written) Decode() (Resource, error) {
	typeURL, message, err := emptyOf(w.Kind)
	if err != nil {
		return Resource{}, err
	}
	if err := protojson.Unmarshal(w.Body, message); err != nil {
		return Resource{}, fmt.Errorf("%s %s: %w", w.Kind, w.Name, err)
	}
	return Resource{TypeURL: typeURL, Name: w.Name, Message: message}, nil
}

func emptyOf(kind string) (string, proto.Message, error) {
	switch kind {
	case "cluster":
		return CDS, &cluster.Cluster{}, nil
	case "endpoint":
		return EDS, &endpoint.ClusterLoadAssignment{}, nil
	case "listener":
		return LDS, &listener.Listener{}, nil
	case "route":
		return RDS, &route.RouteConfiguration{}, nil
	}
	return "", nil, fmt.Errorf("no resource of kind %q", kind)
}

// Empty returns a new message of a type URL.
func Empty(typeURL string) (proto.Message, error) {
	for _, kind := range []string{"cluster", "endpoint", "listener", "route"} {
		if known, message, err := emptyOf(kind); err == nil && known == typeURL {
			return message, nil
		}
	}
	return nil, fmt.Errorf("no resources of type %q", typeURL)
}

// Read returns the resources of a file by type URL, in the file's order.
func Read(file string) (map[string][]Resource, error) {
	bytes, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var written []Written
	if err := json.Unmarshal(bytes, &written); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	byType := map[string][]Resource{}
	for _, one := range written {
		resource, err := one.Decode()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		byType[resource.TypeURL] = append(byType[resource.TypeURL], resource)
	}
	return byType, nil
}
