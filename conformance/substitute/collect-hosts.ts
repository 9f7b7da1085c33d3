import { isIP } from 'node:net';
import type { JsonObject } from '../../render/json.ts';
import { member, numberAt, objectAt, objectsAt, textAt, textsAt } from '../../render/read-json.ts';
import { resourcesOf, type Snapshot } from '../../render/snapshot.ts';
import { containersIn } from '../matching/canonical-body.ts';
import { sampleStrings } from '../matching/string-matcher.ts';
import { type HealthCheckAnswer, hostKeyText, type StandInSpec } from '../upstream/stand-in.ts';
import { type CertificateName, nameFor, sanMatchersOf } from './certificate-names.ts';
import { assignmentNameOf, discoveryOf, httpOptionsOf, upstreamTlsOf } from './cluster-facts.ts';
import { altHealthPort, hostsIn } from './cluster-hosts.ts';
import { googleTargetsIn } from './google-grpc.ts';

/**
 * A stand-in for every host of every cluster, and for every target that the Google gRPC client is pointed at. Clusters that learn
 * their hosts from requests (original destination, dynamic forward proxy) have none. Sorted by host; each host once.
 */
export function collectHosts(snapshot: Snapshot): readonly StandInSpec[] {
  const specs = new Map<string, StandInSpec>();
  const keep = (spec: StandInSpec) => {
    const key = hostKeyText(spec.key);
    const known = specs.get(key);
    specs.set(key, known ? merged(known, spec) : spec);
  };
  const inBootstrap = objectsAt(snapshot.bootstrap, 'staticResources', 'clusters');
  for (const cluster of [...resourcesOf(snapshot, 'cluster').map(({ body }) => body), ...inBootstrap]) {
    for (const spec of standInsOf(snapshot, cluster)) keep(spec);
  }
  const bodies = snapshot.resources.map(({ body }) => body);
  for (const target of googleTargetsIn(snapshot.bootstrap ? [...bodies, snapshot.bootstrap] : bodies)) {
    keep({ key: target.key, certificateNames: NO_NAMES, healthCheckPaths: [], tcpHealthChecks: [] });
  }
  return [...specs.values()].sort((a, b) => (hostKeyText(a.key) < hostKeyText(b.key) ? -1 : 1));
}

const NO_NAMES = { dns: [], uri: [], ip: [] };

/** The assignment that a cluster takes its hosts from. */
export function assignmentOf(snapshot: Snapshot, cluster: JsonObject): JsonObject | undefined {
  if (discoveryOf(cluster) !== 'eds') return objectAt(cluster, 'loadAssignment');
  const name = assignmentNameOf(cluster);
  return resourcesOf(snapshot, 'endpoint').find((resource) => resource.name === name)?.body;
}

function standInsOf(snapshot: Snapshot, cluster: JsonObject): readonly StandInSpec[] {
  const assignment = assignmentOf(snapshot, cluster);
  const discovery = discoveryOf(cluster);
  if (!assignment || discovery === 'original-dst' || discovery === 'dynamic-forward-proxy') return [];
  const health = healthChecksOf(cluster);
  const tls = upstreamTlsOf(cluster);
  const shared = tls.flatMap((context) => namesOf(snapshot, cluster, context));
  return hostsIn(textAt(cluster, 'name') ?? '', assignment, altHealthPort(cluster)).map(({ key, endpoint }) => {
    const hostname = textAt(endpoint, 'hostname') || key.address;
    const own: CertificateName[] = tls.length === 0 ? [] : namesOfHost([hostname, key.address]);
    return { key, certificateNames: grouped([...shared, ...own]), ...health };
  });
}

function namesOfHost(hosts: readonly string[]): CertificateName[] {
  const names: CertificateName[] = [];
  for (const name of hosts) {
    if (isIP(name) !== 0) names.push({ kind: 'ip', name });
    else if (/^[\w*.-]+$/.test(name)) names.push({ kind: 'dns', name });
  }
  return names;
}

function namesOf(snapshot: Snapshot, cluster: JsonObject, context: JsonObject): CertificateName[] {
  const names = namesOfHost([textAt(context, 'sni') ?? '']);
  for (const validation of validationsOf(snapshot, context)) {
    // Any one of the matchers is enough for Envoy; a name for each costs nothing.
    names.push(...sanMatchersOf(validation).flatMap((matcher) => nameFor(matcher) ?? []));
    for (const container of containersIn(validation)) {
      const domain = textAt(container, 'name');
      if (container.trustBundle && domain) names.push({ kind: 'uri', name: `spiffe://${domain}/meshgate` });
    }
  }
  const automatic =
    member(httpOptionsOf(cluster), 'upstreamHttpProtocolOptions', 'autoSanValidation') === true ||
    context.autoSniSanValidation === true;
  // The names then come from the requests' own hosts, that is from the domains of the snapshot's virtual hosts.
  if (automatic) names.push(...namesOfHost(domainsIn(snapshot)));
  return names;
}

/** The validation contexts that hold for a TLS context: its own, its default, and those of the secrets that it names. */
function validationsOf(snapshot: Snapshot, context: JsonObject): readonly JsonObject[] {
  const common = objectAt(context, 'commonTlsContext');
  const combined = objectAt(common, 'combinedValidationContext');
  const secrets = [
    textAt(common, 'validationContextSdsSecretConfig', 'name'),
    textAt(combined, 'validationContextSdsSecretConfig', 'name'),
  ];
  const named = resourcesOf(snapshot, 'secret')
    .filter(({ name }) => secrets.includes(name))
    .map(({ body }) => objectAt(body, 'validationContext'));
  return [objectAt(common, 'validationContext'), objectAt(combined, 'defaultValidationContext'), ...named].filter(
    (validation) => validation !== undefined,
  );
}

function domainsIn(snapshot: Snapshot): string[] {
  const domains = new Set<string>();
  for (const { body } of [...resourcesOf(snapshot, 'route'), ...resourcesOf(snapshot, 'listener')]) {
    for (const container of containersIn(body)) {
      for (const domain of Array.isArray(container.routes) || container.matcher ? textsAt(container, 'domains') : []) {
        if (domain !== '*' && !domain.endsWith('*'))
          domains.add(domain.replace(/:\d+$/, '').replace(/^\*(?!\.)[^.]*/, '*'));
      }
    }
  }
  return [...domains].sort();
}

function healthChecksOf(cluster: JsonObject): Omit<StandInSpec, 'key' | 'certificateNames'> {
  const checks = objectsAt(cluster, 'healthChecks');
  const answers = Object.fromEntries(
    checks.flatMap((check) => {
      const http = objectAt(check, 'httpHealthCheck');
      return http ? [[textAt(http, 'path') ?? '', healthyAnswer(http)] as const] : [];
    }),
  );
  const names = checks.flatMap((check) =>
    objectAt(check, 'grpcHealthCheck') ? [textAt(check, 'grpcHealthCheck', 'serviceName') ?? ''] : [],
  );
  return {
    healthCheckPaths: unique([...Object.keys(answers), ...names]),
    healthCheckAnswers: answers,
    tcpHealthChecks: checks.flatMap((check) => {
      const tcp = objectAt(check, 'tcpHealthCheck');
      const receive = objectsAt(tcp, 'receive')
        .map(hexOf)
        .filter((hex) => hex !== '');
      // Envoy sends a `text` and nothing else: with `binary` it waits for a host that speaks first (1.36 to 1.40).
      return tcp ? [{ send: (textAt(tcp, 'send', 'text') ?? '').toLowerCase(), receive }] : [];
    }),
  };
}

/** What the check takes for healthy: by default 200 with anything in it. */
function healthyAnswer(http: JsonObject): HealthCheckAnswer {
  const status = objectsAt(http, 'expectedStatuses').map((range) => numberAt(range, 'start') ?? 0)[0];
  const body = objectsAt(http, 'receive')
    .map((payload) => Buffer.from(hexOf(payload), 'hex').toString())
    .join('');
  const matcher = objectAt(http, 'serviceNameMatcher');
  const service = matcher && sampleStrings(matcher)[0];
  return {
    ...(status === undefined ? {} : { status }),
    ...(body === '' ? {} : { body }),
    ...(service === undefined ? {} : { headers: { 'x-envoy-upstream-healthchecked-cluster': service } }),
  };
}

/** A payload is hex text or, in canonical JSON, base64 bytes. */
function hexOf(payload: JsonObject | undefined): string {
  const binary = textAt(payload, 'binary');
  return binary === undefined
    ? (textAt(payload, 'text') ?? '').toLowerCase()
    : Buffer.from(binary, 'base64').toString('hex');
}

const unique = <T>(items: readonly T[]): readonly T[] => [...new Set(items)];

function grouped(names: readonly CertificateName[]): StandInSpec['certificateNames'] {
  const of = (kind: CertificateName['kind']) =>
    unique(names.filter((name) => name.kind === kind).map(({ name }) => name)).toSorted();
  return { dns: of('dns'), uri: of('uri'), ip: of('ip') };
}

const merged = (a: StandInSpec, b: StandInSpec): StandInSpec => ({
  key: a.key,
  certificateNames: {
    dns: unique([...a.certificateNames.dns, ...b.certificateNames.dns]),
    uri: unique([...a.certificateNames.uri, ...b.certificateNames.uri]),
    ip: unique([...a.certificateNames.ip, ...b.certificateNames.ip]),
  },
  healthCheckPaths: unique([...a.healthCheckPaths, ...b.healthCheckPaths]),
  tcpHealthChecks: [
    ...a.tcpHealthChecks,
    ...b.tcpHealthChecks.filter((check) => !a.tcpHealthChecks.some((known) => known.send === check.send)),
  ],
});
