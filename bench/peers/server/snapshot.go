package main

import (
	"context"
	"net"
	"slices"
	"strconv"

	"meshgate/bench/peers/mesh"

	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	"github.com/envoyproxy/go-control-plane/pkg/cache/types"
	"github.com/envoyproxy/go-control-plane/pkg/cache/v3"
)

// All nodes are served the same snapshot.
type oneGroup struct{}

const group = "all"

func (oneGroup) ID(*core.Node) string { return group }

// snapshotPeer is go-control-plane's snapshot cache. Each type has a version of its own, so that a change of endpoints sends no other
// type; the cache itself makes the versions that the delta protocol needs.
type snapshotPeer struct {
	cache   cache.SnapshotCache
	items   map[string][]types.Resource
	version int
}

func newSnapshotPeer(resources map[string][]mesh.Resource) (peer, error) {
	served := &snapshotPeer{cache: cache.NewSnapshotCache(true, oneGroup{}, nil), items: map[string][]types.Resource{}}
	for typeURL, list := range resources {
		for _, resource := range list {
			served.items[typeURL] = append(served.items[typeURL], resource.Message)
		}
	}
	snapshot, err := cache.NewSnapshot("0", served.items)
	if err != nil {
		return nil, err
	}
	return served, served.cache.SetSnapshot(context.Background(), group, snapshot)
}

func (s *snapshotPeer) Serve(listener net.Listener) { serveCache(s.cache, listener) }

func (s *snapshotPeer) Change(resource mesh.Resource) error {
	items := s.items[resource.TypeURL]
	index := slices.IndexFunc(items, func(item types.Resource) bool { return cache.GetResourceName(item) == resource.Name })
	items[index] = resource.Message
	s.version++
	before, err := s.cache.GetSnapshot(group)
	if err != nil {
		return err
	}
	after := &cache.Snapshot{Resources: before.(*cache.Snapshot).Resources}
	after.Resources[cache.GetResponseType(resource.TypeURL)] = cache.NewResources(strconv.Itoa(s.version), items)
	return s.cache.SetSnapshot(context.Background(), group, after)
}
