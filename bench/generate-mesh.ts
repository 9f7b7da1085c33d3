import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Services in one file of the generated config, as a team would keep them: neither one file for each nor one for all. */
const SERVICES_PER_FILE = 50;

const cluster = (name: string): string => `- name: ${name}
  type: EDS
  connect_timeout: 0.25s
  eds_cluster_config: { eds_config: { ads: {}, resource_api_version: V3 } }
  health_checks:
    - timeout: 1s
      interval: 5s
      unhealthy_threshold: 3
      healthy_threshold: 1
      http_health_check: { path: /healthz }
`;

const endpoints = (name: string, index: number): string => `- cluster_name: ${name}
  endpoints:
    - lb_endpoints:
        - endpoint: { address: { socket_address: { address: 10.${(index >> 8) & 255}.${index & 255}.1, port_value: 8080 } } }
        - endpoint: { address: { socket_address: { address: 10.${(index >> 8) & 255}.${index & 255}.2, port_value: 8080 } } }
`;

const route = (name: string): string => `- name: route-${name}
  virtual_hosts:
    - name: ${name}
      domains: ["${name}.mesh"]
      routes:
        - match: { prefix: / }
          route: { cluster: ${name}, timeout: 2s, retry_policy: { retry_on: 5xx, num_retries: 2 } }
`;

const listener = (name: string, index: number): string => `- name: ${name}
  address: { socket_address: { address: 127.0.${index >> 14}.${(index >> 6) & 255}, port_value: ${10_000 + (index & 63)} } }
  filter_chains:
    - filters:
        - name: envoy.filters.network.http_connection_manager
          typed_config:
            "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
            stat_prefix: ${name}
            rds: { route_config_name: route-${name}, config_source: { ads: {}, resource_api_version: V3 } }
            http_filters:
              - name: envoy.filters.http.router
                typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }
`;

/** Writes a mesh config of `services` services, each a cluster, its endpoints, a route configuration and the listener that asks for it. */
export async function generateMesh(dir: string, services: number, envoy: string): Promise<void> {
  const kinds = { clusters: cluster, endpoints, routes: route, listeners: listener } as const;
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, 'mesh.yaml'), `envoy: [${envoy}]\nstages:\n  - name: only\n`);
  for (const [folder, text] of Object.entries(kinds)) {
    await mkdir(join(dir, folder), { recursive: true });
    for (let first = 0; first < services; first += SERVICES_PER_FILE) {
      const last = Math.min(services, first + SERVICES_PER_FILE);
      const parts: string[] = [];
      for (let index = first; index < last; index += 1) parts.push(text(`service-${index}`, index));
      await writeFile(join(dir, folder, `${String(first).padStart(6, '0')}.yaml`), parts.join(''));
    }
  }
}
