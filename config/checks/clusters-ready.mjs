#!/usr/bin/env node
// A check can be any program: this one asks Envoy's admin whether every cluster has hosts, and none of them is in panic mode.
const admin = process.env.MESH_ENVOY_ADMIN;
const stats = await (await fetch(new URL('/stats?format=json&filter=^cluster\\.', admin))).json();
const values = new Map(stats.stats.filter((stat) => stat.name).map((stat) => [stat.name, stat.value]));
const { cluster_statuses: clusters } = await (await fetch(new URL('/clusters?format=json', admin))).json();

const faults = [];
for (const { name, host_statuses: hosts = [] } of clusters) {
  if (hosts.length === 0) faults.push(`cluster ${name} has no hosts`);
  const panics = values.get(`cluster.${name}.lb_healthy_panic`) ?? 0;
  // Checks that fail every host on purpose put their clusters into panic mode; this one looks at the others.
  if (panics > 0 && !['shipping', 'pricing'].includes(name))
    faults.push(`cluster ${name} was in panic mode for ${panics} requests`);
}
const { MESH_STAGE, MESH_ENVOY_VERSION } = process.env;
process.stdout.write(`${MESH_STAGE}, Envoy ${MESH_ENVOY_VERSION}: ${clusters.length} clusters\n`);
for (const fault of faults) process.stderr.write(`${fault}\n`);
process.exitCode = faults.length > 0 ? 1 : 0;
