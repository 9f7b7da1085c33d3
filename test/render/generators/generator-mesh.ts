import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { StageValidation } from '../../../conformance/validate.ts';
import { validateStage } from '../../../conformance/validate.ts';
import { loadMeshConfig } from '../../../render/load/load-mesh-config.ts';
import { renderStage } from '../../../render/render-stage.ts';

export const ENVOYS = ['1.36.4', '1.40.0'];

/** A gateway with one written virtual host, and a generator that gives each service of a source a cluster and a virtual host. */
export const GATEWAY: Readonly<Record<string, string>> = {
  'values/common.yaml': 'domain: test\n',
  'listeners.yaml': `
name: gateway
address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
filter_chains:
  - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: gateway
          rds: { route_config_name: gateway, config_source: { ads: {}, resource_api_version: V3 } }
          http_filters:
            - name: envoy.filters.http.router
              typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }
`,
  'routes.yaml': `
name: gateway
virtual_hosts:
  - name: written
    domains: [written.test, taken.test]
    routes: [{ match: { prefix: / }, direct_response: { status: 200, body: { inline_string: written } } }]
`,
  'templates/app.yaml': `
parameters:
  name: { type: string }
  timeout: { type: duration, default: 5s }
  version: { type: string, required: false }
resources:
  clusters:
    name: app-\${with.name}
    type: EDS
    eds_cluster_config: { eds_config: { ads: {}, resource_api_version: V3 } }
    connect_timeout: 1s
    discovery: { sources: [{ kind: consul, service: "\${with.name}", tags: [edge] }], floor: 0 }
  virtual_hosts:
    into: gateway
    name: app-\${with.name}
    domains: ["\${with.name}.\${values.domain}"]
    response_headers_to_add:
      - { $if: "\${with.version}", header: { key: x-version, value: "\${with.version}" } }
    routes: [{ match: { prefix: / }, route: { cluster: "app-\${with.name}", timeout: "\${with.timeout}" } }]
`,
  'generators/apps.yaml': `
source: { kind: consul, tag: edge }
template: app
with: { name: "\${service.name}", timeout: "\${service.tags.timeout}", version: "\${service.tags.version}" }
examples:
  - name: hello
  - { name: tuned, tags: [timeout=0.5s, "version=v1"] }
floor: 0
`,
};

/** `files` over those of `GATEWAY`; `undefined` takes one away. Says what `./mesh validate` says of it. */
export async function meshOf(files: Readonly<Record<string, string | undefined>> = {}): Promise<StageValidation> {
  const dir = await mkdtemp(join(tmpdir(), 'meshgate-generators-'));
  try {
    for (const [path, text] of Object.entries({ ...GATEWAY, ...files })) {
      if (text === undefined) continue;
      await mkdir(dirname(join(dir, path)), { recursive: true });
      await writeFile(join(dir, path), text);
    }
    const { config, loaded, findings } = await loadMeshConfig(dir, { defaultEnvoyVersions: ENVOYS });
    const stage = config?.stages[0];
    if (!stage) throw new Error(JSON.stringify(findings));
    const rendered = renderStage(loaded, stage.name);
    return validateStage(stage, { ...rendered, findings: [...findings, ...rendered.findings] });
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
