package main

import (
	"os"

	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
)

// A real Kubernetes API server, for tests of what is given to one: the release itself, whose module needs the replacements of go.mod.
func main() { os.Exit(cli.Run(app.NewAPIServerCommand())) }
