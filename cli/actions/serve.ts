import { mkdir } from 'node:fs/promises';
import { PINNED_ENVOY_VERSIONS } from '../../conformance/launcher/pinned-versions.ts';
import { TlsFilesError } from '../../controlplane/grpc/tls-files.ts';
import { startStageServer } from '../../controlplane/serve/stage-server.ts';
import { lateFleetStore } from '../../pipeline/observe/late-fleet-store.ts';
import { storeFleetSink } from '../../pipeline/observe/store-fleet-sink.ts';
import { targetSource } from '../../pipeline/observe/target-source.ts';
import { openStore } from '../../pipeline/store/open-store.ts';
import { openTarget } from '../../pipeline/targets/open-target.ts';
import type { Stage } from '../../render/config/mesh-config.ts';
import { renderFinding } from '../../render/finding.ts';
import { loadMeshConfig } from '../../render/load/load-mesh-config.ts';
import { wantOneOf } from '../../render/nearest-names.ts';
import { openAccessLogs, TO_STDOUT } from '../access-log-outs.ts';
import { adminPlaceOf, openAdmin } from '../admin-place.ts';
import { clientStatusPlaceOf, openClientStatus } from '../client-status-place.ts';
import type { CommandContext } from '../command-context.ts';
import { openStageHosts } from '../host-places.ts';
import { hostInUrl, listenAddress } from '../listen-address.ts';
import { logFormatOf, logLines } from '../log-lines.ts';
import { dataDirOf, storeLocationOf, targetOptionsOf } from '../pipeline-places.ts';
import { configDirOf } from '../prepare-request.ts';
import { sharedRamps } from '../shared-ramps.ts';
import { tlsFilesOf } from '../tls-options.ts';
import { TOOL_VERSION } from '../tool-version.ts';
import { untilStopped } from '../until-stopped.ts';
import { UsageError } from '../usage-error.ts';

export type ServeOptions = {
  readonly config?: string;
  readonly stage: string;
  readonly listen: string;
  readonly admin?: string;
  readonly csds?: string;
  readonly data?: string;
  readonly hosts?: string;
  readonly registry?: string;
  readonly probeHosts?: boolean;
  readonly shareRamps?: boolean;
  readonly dns: readonly string[];
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsClientCa?: string;
  readonly maxConnectionAge?: string;
  readonly drainTime?: string;
  readonly logFormat: string;
  readonly accessLog?: string;
  readonly accessLogOtlp?: string;
};

/** Resolves when it is stopped. Rejects with `UsageError` when there is no such stage, or it has no target. */
export async function serve(options: ServeOptions, context: CommandContext): Promise<number> {
  const address = listenAddress('--listen', options.listen, '0.0.0.0:18000');
  const host = hostInUrl(address.host);
  const admin = adminPlaceOf(options.admin, context);
  const csds = clientStatusPlaceOf(options.csds, context);
  const tls = tlsFilesOf(options);
  const maxAgeMs = secondsIn('--max-connection-age', options.maxConnectionAge, 1);
  const drainMs = secondsIn('--drain-time', options.drainTime, 0);
  const stage = await stageOf(options, context);
  if (!stage.target)
    throw new UsageError(`--stage ${stage.name}: it has no target in mesh.yaml, so there is nothing to serve`);
  const nowEpochMs = (): number => Date.now();
  const say = logLines(logFormatOf(options.logFormat), {
    write: (text) => context.stderr.write(text),
    nowEpochMs,
    stage: stage.name,
    processId: process.pid,
  });
  await mkdir(dataDirOf(options.data, context), { recursive: true });
  await using target = await openTarget(stage.target, targetOptionsOf(options.data, context));
  await using store = lateFleetStore(() =>
    openStore(storeLocationOf(options.data, context), { clock: { nowEpochMs }, toolVersion: TOOL_VERSION }),
  );
  const registry =
    options.registry === undefined ? undefined : listenAddress('--registry', options.registry, '127.0.0.1:18002');
  await using found = await openStageHosts(stage, { ...options, registry }, context);
  await using shared = sharedRamps(options.shareRamps ?? false, {
    store,
    stage: stage.name,
    clock: found.hosts.clock,
    say,
  });
  await using accessLogs = await openAccessLogs(options, context, say);
  await using server = await startStageServer({
    stage: stage.name,
    node: stage.node,
    host,
    port: address.port,
    source: targetSource(target, stage.name),
    sink: storeFleetSink(store),
    nowEpochMs,
    sampleMs: stage.observe.sampleMs,
    hosts: { ...found.hosts, ...shared.hosts },
    tls,
    accessLogs: accessLogs.outs,
    ...(maxAgeMs === undefined ? {} : { limits: { maxAgeMs } }),
    ...(drainMs === undefined ? {} : { drainMs }),
    say,
  }).catch((error: unknown) => {
    throw error instanceof TlsFilesError ? new UsageError(`--tls-cert: ${error.message}`) : error;
  });
  await using api = await openAdmin(admin, { server, nowEpochMs, say });
  await using status = await openClientStatus(csds, { clients: () => server.clients(), nowEpochMs });
  // Standard output has either lines of JSON, or words for people.
  const people = options.accessLog === TO_STDOUT ? context.stderr : context.stdout;
  people.write(`serving stage ${stage.name} at ${host}:${server.port} from target ${target.name}\n`);
  if (found.registry) people.write(`registering hosts at ${hostInUrl(found.registry.host)}:${found.registry.port}\n`);
  if (api) people.write(`admin API at ${api.url}\n`);
  if (status) people.write(`client status (CSDS) at ${status.address}\n`);
  await untilStopped(context.signal);
  return 0;
}

const MOST_SECONDS = 2_000_000;

/** In ms. */
function secondsIn(option: string, text: string | undefined, least: number): number | undefined {
  if (text === undefined) return undefined;
  const seconds = Number(text);
  if (text.trim() === '' || !Number.isInteger(seconds) || seconds < least || seconds > MOST_SECONDS)
    throw new UsageError(`${option} ${text}: want whole seconds from ${least} to ${MOST_SECONDS}`);
  return seconds * 1_000;
}

async function stageOf(options: ServeOptions, context: CommandContext): Promise<Stage> {
  const { config, findings } = await loadMeshConfig(configDirOf(options.config, context), {
    defaultEnvoyVersions: PINNED_ENVOY_VERSIONS,
    signal: context.signal,
  });
  if (!config) {
    const errors = findings.filter(({ severity }) => severity === 'error').map(renderFinding);
    throw new UsageError(`mesh.yaml cannot be read:\n${errors.join('\n')}`);
  }
  const stage = config.stages.find(({ name }) => name === options.stage);
  if (stage) return stage;
  const names = config.stages.map(({ name }) => name as string);
  throw new UsageError(`--stage ${options.stage}: want ${wantOneOf('a stage of mesh.yaml', options.stage, names)}`);
}
