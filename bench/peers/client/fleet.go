package main

import (
	"fmt"
	"sync/atomic"

	"meshgate/bench/peers/mesh"
	"meshgate/bench/peers/monotonic"
)

// A fleet is all streams of one client, which see the same.
type fleet struct {
	target   string
	requests *requests
	// How many resources there are, by the place of their type.
	wanted  [4]int
	streams int
	counts  counts
	sample  *sample
	change  atomic.Pointer[change]
	// Set when the server is about to go away: how many streams have yet to notice.
	losing atomic.Pointer[milestone]
	report func(event map[string]any)
}

// counts are of all that came since they were taken last.
type counts struct {
	messages, resources, bytes atomic.Int64
}

func (c *counts) add(size, resources int) {
	c.messages.Add(1)
	c.resources.Add(int64(resources))
	c.bytes.Add(int64(size))
}

func (c *counts) takeInto(event map[string]any) map[string]any {
	event["messages"] = c.messages.Swap(0)
	event["resources"] = c.resources.Swap(0)
	event["bytes"] = c.bytes.Swap(0)
	return event
}

// A milestone is reached by every stream; the last one has it reported.
type milestone struct {
	remaining, first atomic.Int64
	onLast           func(firstNs, lastNs int64)
}

func newMilestone(streams int, onLast func(firstNs, lastNs int64)) *milestone {
	made := &milestone{onLast: onLast}
	made.remaining.Store(int64(streams))
	return made
}

func (m *milestone) reach() {
	now := monotonic.Now()
	m.first.CompareAndSwap(0, now)
	if m.remaining.Add(-1) == 0 {
		m.onLast(m.first.Load(), now)
	}
}

// A change is one resource that every stream is about to be sent.
type change struct {
	*milestone
	typeURL      string
	name, marker []byte
}

func newFleet(target string, requests *requests, resources map[string][]mesh.Resource, report func(map[string]any)) *fleet {
	made := &fleet{target: target, requests: requests, report: report, sample: newSample(requests.protocol, resources)}
	for at, typeURL := range mesh.TypeURLs {
		made.wanted[at] = len(resources[typeURL])
	}
	return made
}

// connect adds streams, and reports when the last of them holds everything.
func (f *fleet) connect(streams int) {
	startedAt := monotonic.Now()
	full := newMilestone(streams, func(firstNs, lastNs int64) {
		f.report(f.counts.takeInto(map[string]any{
			"event": "full", "startedAtNs": startedAt, "firstAtNs": firstNs, "lastAtNs": lastNs,
		}))
	})
	from := f.streams
	f.streams += streams
	for index := from; index < f.streams; index++ {
		f.start(&stream{fleet: f, index: index, onComplete: full.reach})
	}
}

// reconnect opens all streams again, to a server that may be another, with what they hold.
func (f *fleet) reconnect(target string) {
	f.target = target
	known := f.sample.known()
	startedAt := monotonic.Now()
	served := newMilestone(f.streams, func(firstNs, lastNs int64) {
		f.report(f.counts.takeInto(map[string]any{
			"event": "served", "startedAtNs": startedAt, "firstAtNs": firstNs, "lastAtNs": lastNs,
		}))
	})
	f.losing.Store(nil)
	f.counts.takeInto(map[string]any{})
	for index := range f.streams {
		f.start(&stream{fleet: f, index: index, known: known, onComplete: served.reach})
	}
}

func (f *fleet) start(one *stream) {
	go func() {
		err := one.run(f.target)
		if losing := f.losing.Load(); losing != nil {
			losing.reach()
			return
		}
		f.report(map[string]any{"event": "failed", "problem": fmt.Sprintf("stream %d: %v", one.index, err)})
	}()
}

// expect reports when the last stream has been sent a resource with these bytes in it.
func (f *fleet) expect(resource mesh.Resource, marker string) {
	f.sample.change(resource)
	f.counts.takeInto(map[string]any{})
	awaited := &change{typeURL: resource.TypeURL, name: []byte(resource.Name), marker: []byte(marker)}
	awaited.milestone = newMilestone(f.streams, func(firstNs, lastNs int64) {
		f.report(f.counts.takeInto(map[string]any{"event": "changed", "firstAtNs": firstNs, "lastAtNs": lastNs}))
	})
	f.change.Store(awaited)
}

// expectLoss reports when all streams have ended.
func (f *fleet) expectLoss() {
	f.losing.Store(newMilestone(f.streams, func(int64, int64) { f.report(map[string]any{"event": "lost"}) }))
}
