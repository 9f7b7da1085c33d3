package main

import (
	"context"
	"net"

	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"github.com/envoyproxy/go-control-plane/pkg/cache/v3"
	xds "github.com/envoyproxy/go-control-plane/pkg/server/v3"
	"google.golang.org/grpc"
)

// serveCache answers from a cache of go-control-plane, with that library's own server as it comes.
func serveCache(from cache.Cache, listener net.Listener) {
	server := grpc.NewServer(limits)
	discovery.RegisterAggregatedDiscoveryServiceServer(server, xds.NewServer(context.Background(), from, nil))
	go server.Serve(listener)
}
