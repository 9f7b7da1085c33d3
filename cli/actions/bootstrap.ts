import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { stringify } from 'yaml';
import { prepareStages } from '../../conformance/prepare-stages.ts';
import { isServiceName, SERVICE_NAME_WANT } from '../../controlplane/discovery/registry/registration.ts';
import type { BootstrapAddress } from '../../controlplane/serve/bootstrap-address.ts';
import { type ControlPlaneTls, fleetBootstrap } from '../../controlplane/serve/fleet-bootstrap.ts';
import { mismatchOf } from '../../controlplane/serve/node-match.ts';
import { unsendableTag } from '../../controlplane/serve/statsd-sink.ts';
import type { Stage } from '../../render/config/mesh-config.ts';
import { hasErrors, renderFinding } from '../../render/finding.ts';
import type { JsonObject } from '../../render/json.ts';
import { resourcesOf } from '../../render/snapshot.ts';
import type { CommandContext } from '../command-context.ts';
import { listenAddress } from '../listen-address.ts';
import { withPrepareRequest } from '../prepare-request.ts';
import { UsageError } from '../usage-error.ts';

export type BootstrapOptions = {
  readonly config?: string;
  readonly stage: string;
  readonly service: string;
  readonly nodeId?: string;
  readonly controlPlane: string;
  readonly accessLogs?: string;
  readonly statsd?: string;
  readonly adminPort: string;
  readonly delta?: boolean;
  readonly tlsCa?: string;
  readonly tlsName?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly region?: string;
  readonly zone?: string;
  readonly subZone?: string;
  readonly format: string;
  readonly json?: boolean;
};

const FORMATS = ['yaml', 'json'];

/**
 * Resolves with the exit code: 1 where the stage does not render. Rejects with `UsageError`, also where the stage's `node:` would refuse
 * such an Envoy, and as `prepareStages` does.
 */
export async function bootstrap(options: BootstrapOptions, context: CommandContext): Promise<number> {
  const format = options.json ? 'json' : options.format;
  if (!FORMATS.includes(format)) throw new UsageError(`--format ${format}: use ${FORMATS.join(' or ')}`);
  const { service } = options;
  if (!isServiceName(service)) throw new UsageError(`--service ${service}: want ${SERVICE_NAME_WANT}`);
  const controlPlane = reachable('--control-plane', options.controlPlane);
  const accessLogs = options.accessLogs === undefined ? undefined : reachable('--access-logs', options.accessLogs);
  const statsd = statsdOf(options.statsd);
  const adminPort = portOf(options.adminPort);
  const tls = tlsOf(options);

  const request = { ...options, stage: [options.stage] };
  const prepared = await withPrepareRequest(request, context, prepareStages);
  const findings = [...prepared.findings, ...prepared.stages.flatMap((one) => one.findings)];
  for (const finding of findings) context.stderr.write(`${renderFinding(finding)}\n`);
  const [first] = prepared.stages;
  if (hasErrors(findings) || !first?.snapshot) {
    if (format === 'json') context.stdout.write(`${JSON.stringify({ exitCode: 1, findings }, null, 2)}\n`);
    return 1;
  }
  const { snapshot } = first;
  const places = { region: options.region, zone: options.zone, subZone: options.subZone };
  const locality = Object.fromEntries(Object.entries(places).filter(([, name]) => name !== undefined));
  const node = nodeOf(first.stage, service, options.nodeId);
  const tags = { stage: options.stage, service, cluster: node.cluster, node: node.nodeId, zone: options.zone };
  const unsendable = statsd && unsendableTag(tags);
  if (unsendable !== undefined) throw new UsageError(`--statsd: ${unsendable} may have no comma, bar or line break`);
  const made = fleetBootstrap({
    ...node,
    controlPlane,
    adminPort,
    runtimeLayers: resourcesOf(snapshot, 'runtime').map(({ name }) => name),
    ...(Object.keys(locality).length > 0 ? { locality } : {}),
    ...(options.delta ? { delta: true } : {}),
    ...(tls ? { tls } : {}),
    ...(accessLogs ? { accessLogs } : {}),
    ...(statsd ? { statsd: { address: statsd, tags } } : {}),
    ...(snapshot.bootstrap ? { piece: snapshot.bootstrap } : {}),
  });
  const text =
    format === 'json'
      ? `${JSON.stringify(made, null, 2)}\n`
      : stringify(made, { lineWidth: 0, aliasDuplicateObjects: false });
  context.stdout.write(text);
  return 0;
}

/** A node that the stage's `node:` takes. */
function nodeOf(stage: Stage, service: string, asked: string | undefined) {
  const nodeId = asked ?? `${service}-${hostname()}`;
  const cluster = stage.node.cluster ?? service;
  const metadata: JsonObject = { service, ...stage.node.metadata };
  const why = mismatchOf(stage.node, { id: nodeId, cluster, metadata, version: '' });
  if (why !== undefined) throw new UsageError(`--node-id: stage ${stage.name} would refuse it: ${why}`);
  return { nodeId, cluster, metadata };
}

function reachable(option: string, text: string): BootstrapAddress {
  const address = listenAddress(option, text, '10.0.0.1:18000');
  if (address.port === 0 || !/^[\w.:-]+$/.test(address.host))
    throw new UsageError(`${option} ${text}: want the address or name, and the port, that Envoys reach`);
  return address;
}

function statsdOf(text: string | undefined): BootstrapAddress | undefined {
  if (text === undefined) return undefined;
  const address = reachable('--statsd', text);
  if (isIP(address.host) === 0)
    throw new UsageError(`--statsd ${text}: want an IP address; Envoy resolves no name here`);
  return address;
}

function portOf(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw new UsageError(`--admin-port ${text}: want 0 to 65535`);
  return port;
}

/** Paths as the Envoy finds them: they need not be here. */
function tlsOf({ tlsCa, tlsName, tlsCert, tlsKey }: BootstrapOptions): ControlPlaneTls | undefined {
  if ((tlsCert === undefined) !== (tlsKey === undefined))
    throw new UsageError('--tls-cert and --tls-key: want both, or none');
  if (tlsCa === undefined) {
    if (tlsCert !== undefined || tlsName !== undefined)
      throw new UsageError('--tls-cert, --tls-key and --tls-name: want --tls-ca beside them');
    return undefined;
  }
  return {
    caFile: tlsCa,
    ...(tlsName === undefined ? {} : { serverName: tlsName }),
    ...(tlsCert !== undefined && tlsKey !== undefined ? { certificate: { certFile: tlsCert, keyFile: tlsKey } } : {}),
  };
}
