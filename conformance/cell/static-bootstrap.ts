import { isJsonObject, type JsonObject, type JsonValue } from '../../render/json.ts';
import type { Resource } from '../../render/resource.ts';
import type { Snapshot } from '../../render/snapshot.ts';
import { XDS_CLUSTER } from './bootstrap.ts';

const HCM = 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';

/** A copy of `value` in which `rewrite` may replace any object (after its members were rewritten). */
function rewritten(value: JsonValue, rewrite: (object: JsonObject) => JsonObject): JsonValue {
  if (Array.isArray(value)) return value.map((member) => rewritten(member, rewrite));
  if (!isJsonObject(value)) return value;
  return rewrite(Object.fromEntries(Object.entries(value).map(([key, member]) => [key, rewritten(member, rewrite)])));
}

/** What `--mode validate` needs beside the resources: files that stand for what is not on this machine. */
export type StaticFiles = {
  /** An existing file; `--mode validate` never reads what a path config source names, but the file must be there. */
  readonly emptyDiscoveryFile: string;
  /** The file to use for a TLS file that the config names, by what it holds; the path itself when it is there. */
  tlsFile(path: string, holds: 'certificate' | 'private-key' | 'ca'): string;
  /** Whether a file that the config names is on this machine. */
  isHere(path: string): boolean;
};

const TLS_FILES: Readonly<Record<string, 'certificate' | 'private-key' | 'ca'>> = {
  certificateChain: 'certificate',
  privateKey: 'private-key',
  trustedCa: 'ca',
};

/** A private key fits its certificate only: where one of them is not on this machine, both are the harness's. */
function withWholePair(holder: JsonObject, files: StaticFiles): JsonObject {
  const { certificateChain, privateKey } = holder;
  if (!isJsonObject(certificateChain) || !isJsonObject(privateKey)) return holder;
  const isMissing = ({ filename }: JsonObject): boolean => typeof filename === 'string' && !files.isHere(filename);
  if (!isMissing(certificateChain) && !isMissing(privateKey)) return holder;
  const { ocspStaple: _, password: __, ...rest } = holder;
  return {
    ...rest,
    certificateChain: { filename: files.tlsFile('', 'certificate') },
    privateKey: { filename: files.tlsFile('', 'private-key') },
  };
}

const namesMissingFile = (value: JsonValue, files: StaticFiles): boolean => {
  if (Array.isArray(value)) return value.some((member) => namesMissingFile(member, files));
  if (!isJsonObject(value)) return false;
  if (typeof value.filename === 'string' && !files.isHere(value.filename)) return true;
  return Object.values(value).some((member) => namesMissingFile(member, files));
};

/**
 * The snapshot as one static bootstrap, addresses and all as written, so that `--mode validate` judges exactly these values:
 * route configurations stand inline in the listeners that ask for them, secrets are static ones (Envoy reads those that are used),
 * endpoints stand in clusters of their own, and other config sources point to a file (static clusters with secrets over ADS crash
 * some versions without a verdict).
 */
export function staticBootstrapFor(snapshot: Snapshot, files: StaticFiles): JsonObject {
  const routes = new Map<string, Resource>();
  for (const resource of snapshot.resources) if (resource.kind === 'route') routes.set(resource.name, resource);
  const secrets = new Map<string, JsonObject>();
  const adapt = (object: JsonObject): JsonObject => {
    const adapted: JsonObject = { ...withWholePair(object, files) };
    for (const [key, member] of Object.entries(adapted)) {
      if (!isJsonObject(member)) continue;
      if (key === 'sdsConfig' && isJsonObject(member.ads) && secrets.has(String(adapted.name))) {
        delete adapted[key];
      } else if (isJsonObject(member.ads)) {
        adapted[key] = { pathConfigSource: { path: files.emptyDiscoveryFile }, resourceApiVersion: 'V3' };
      }
      const holds = TLS_FILES[key];
      if (holds && typeof member.filename === 'string') {
        adapted[key] = { filename: files.tlsFile(member.filename, holds) };
      }
    }
    if (adapted['@type'] === HCM && isJsonObject(adapted.rds)) {
      const route = routes.get(String(adapted.rds.routeConfigName ?? ''));
      if (route) {
        delete adapted.rds;
        // Over RDS an unknown cluster is no error to Envoy; references are the guards' matter.
        adapted.routeConfig = { ...(rewritten(route.body, adapt) as JsonObject), validateClusters: false };
      }
    }
    return adapted;
  };
  for (const { kind, name, body } of snapshot.resources) {
    if (kind !== 'secret') continue;
    const secret = rewritten(body, adapt) as JsonObject;
    if (!namesMissingFile(secret, files)) secrets.set(name, secret);
  }
  const bodies = (kind: Resource['kind']): JsonObject[] =>
    snapshot.resources
      .filter((resource) => resource.kind === kind)
      .map(({ body }) => rewritten(body, adapt) as JsonObject);
  const endpointClusters = bodies('endpoint').map((body, index): JsonObject => {
    const name = `meshgate endpoints ${index} of ${String(body.clusterName ?? '')}`;
    const { policy: _, ...assignment } = body;
    return { name, type: 'STATIC', connectTimeout: '1s', loadAssignment: { ...assignment, clusterName: name } };
  });
  const piece = snapshot.bootstrap ? (rewritten(snapshot.bootstrap, adapt) as JsonObject) : {};
  const statics = isJsonObject(piece.staticResources) ? piece.staticResources : {};
  const own = (key: string): JsonValue[] => (Array.isArray(statics[key]) ? statics[key] : []);
  return {
    node: { id: 'meshgate', cluster: 'meshgate' },
    ...piece,
    staticResources: {
      clusters: [...own('clusters'), ...bodies('cluster'), ...endpointClusters, xdsStandIn()],
      listeners: [...own('listeners'), ...bodies('listener')],
      secrets: [...own('secrets'), ...secrets.values()],
    },
    dynamicResources: isJsonObject(piece.dynamicResources) ? piece.dynamicResources : adsOnly(),
  };
}

const adsOnly = (): JsonObject => ({
  adsConfig: {
    apiType: 'GRPC',
    transportApiVersion: 'V3',
    grpcServices: [{ envoyGrpc: { clusterName: XDS_CLUSTER } }],
  },
});

const xdsStandIn = (): JsonObject => ({
  name: XDS_CLUSTER,
  type: 'STATIC',
  connectTimeout: '1s',
  typedExtensionProtocolOptions: {
    'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
      '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
      explicitHttpConfig: { http2ProtocolOptions: {} },
    },
  },
});
