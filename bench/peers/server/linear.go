package main

import (
	"net"

	"meshgate/bench/peers/mesh"

	"github.com/envoyproxy/go-control-plane/pkg/cache/types"
	"github.com/envoyproxy/go-control-plane/pkg/cache/v3"
)

// linearPeer is go-control-plane's linear caches, one for each type, behind its mux: only what changed is sent.
type linearPeer struct {
	caches map[string]*cache.LinearCache
}

func newLinearPeer(resources map[string][]mesh.Resource) peer {
	served := &linearPeer{caches: map[string]*cache.LinearCache{}}
	for typeURL, list := range resources {
		items := map[string]types.Resource{}
		for _, resource := range list {
			items[resource.Name] = resource.Message
		}
		served.caches[typeURL] = cache.NewLinearCache(typeURL, cache.WithInitialResources(items))
	}
	return served
}

func (l *linearPeer) Serve(listener net.Listener) {
	byType := map[string]cache.Cache{}
	for typeURL, one := range l.caches {
		byType[typeURL] = one
	}
	serveCache(&cache.MuxCache{
		Classify:      func(request *cache.Request) string { return request.GetTypeUrl() },
		ClassifyDelta: func(request *cache.DeltaRequest) string { return request.GetTypeUrl() },
		Caches:        byType,
	}, listener)
}

func (l *linearPeer) Change(resource mesh.Resource) error {
	return l.caches[resource.TypeURL].UpdateResource(resource.Name, resource.Message)
}
