// Holds a .drone.yml against Drone's own runner: its parser, with unknown keys refused, and its linter for untrusted repositories.
// Built on demand by a test and never shipped: drone-runner-docker is under the Polyform Small Business licence.
package main

import (
	"fmt"
	"os"

	"github.com/buildkite/yaml"
	"github.com/drone-runners/drone-runner-docker/engine/linter"
	"github.com/drone-runners/drone-runner-docker/engine/resource"
	"github.com/drone/runner-go/manifest"

	"github.com/drone/drone-go/drone"
)

func main() {
	raws, err := manifest.ParseRawFile(os.Args[1])
	if err != nil {
		fail("no manifest: %s", err)
		os.Exit(1)
	}
	failed, known := false, map[string]bool{}
	report := func(format string, args ...interface{}) {
		fail(format, args...)
		failed = true
	}
	for _, raw := range raws {
		pipeline := new(resource.Pipeline)
		if err := yaml.UnmarshalStrict(raw.Data, pipeline); err != nil {
			report("document %s: %s", raw.Name, err)
			continue
		}
		if known[pipeline.Name] {
			report("pipeline %s: there are two of that name", pipeline.Name)
		}
		for _, name := range pipeline.Deps {
			if !known[name] {
				report("pipeline %s: depends on %s, which no earlier document names", pipeline.Name, name)
			}
		}
		known[pipeline.Name] = true
		if err := linter.New().Lint(pipeline, &drone.Repo{Trusted: false}); err != nil {
			report("pipeline %s: %s", pipeline.Name, err)
		}
	}
	if failed {
		os.Exit(1)
	}
	fmt.Printf("%d pipelines, 0 errors\n", len(raws))
}

func fail(format string, args ...interface{}) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
