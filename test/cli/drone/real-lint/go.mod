module meshgate/drone-lint

go 1.16

require (
	github.com/drone-runners/drone-runner-docker v1.8.3
	github.com/drone/runner-go v1.12.0
	github.com/buildkite/yaml v2.1.0+incompatible
)

replace github.com/docker/docker => github.com/docker/engine v17.12.0-ce-rc1.0.20200309214505-aa6a9891b09c+incompatible
