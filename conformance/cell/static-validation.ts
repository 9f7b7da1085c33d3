import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EnvoyRelease } from '../../render/config/mesh-config.ts';
import type { Finding } from '../../render/finding.ts';
import { locationOf, viaOf } from '../../render/places.ts';
import { type Resource, resourceLabel } from '../../render/resource.ts';
import type { Snapshot } from '../../render/snapshot.ts';
import type { SourceLocation } from '../../render/source-location.ts';
import type { EnvoyLauncher, StaticVerdict } from '../launcher/envoy-launcher.ts';
import { placeEnvoyWords, plainWords } from './envoy-words.ts';
import type { CellPki } from './running-cell.ts';
import { type StaticFiles, staticBootstrapFor } from './static-bootstrap.ts';

export type StaticValidation = {
  readonly snapshot: Snapshot;
  readonly release: EnvoyRelease;
  readonly launcher: EnvoyLauncher;
  readonly pki: CellPki;
  readonly scratchDir: string;
  readonly signal: AbortSignal;
};

/** How many faults are looked for, one after the other: Envoy names only the first. */
const MOST_FAULTS = 8;
const TIMEOUT_MS = 30_000;

/**
 * Asks Envoy itself about the snapshot as it is written, every address and value of it (`--mode validate`). What the cell's
 * substitutions would hide, such as a host name in a cluster of type STATIC, is refused here. Resolves with a finding for each
 * fault; rejects with `LauncherError` when Envoy cannot be run.
 */
export async function validateAsWritten(job: StaticValidation): Promise<Finding[]> {
  const findings: Finding[] = [];
  const removed: Resource[] = [];
  const files = await writeFiles(job);
  const judge = (resources: readonly Resource[]): Promise<StaticVerdict> =>
    job.launcher.validate({
      release: job.release,
      bootstrap: JSON.stringify(staticBootstrapFor({ ...job.snapshot, resources }, files)),
      scratchDir: job.scratchDir,
      timeoutMs: TIMEOUT_MS,
      signal: job.signal,
    });
  for (let resources = job.snapshot.resources; findings.length < MOST_FAULTS; ) {
    const verdict = await judge(resources);
    if (verdict.kind === 'ok') break;
    const words = verdict.kind === 'refused' ? plainWords(verdict.reason) : lastLines(verdict.log);
    const culprit = (await culpritNamed(words, resources, judge)) ?? (await narrowDown(resources, judge));
    // Taking a faulty cluster out makes what refers to it fail too: that is no fault of its own.
    if (removed.some(({ name }) => words.includes(name))) break;
    findings.push(findingOf(job, verdict, words, culprit));
    if (!culprit) break;
    removed.push(culprit);
    resources = resources.filter((resource) => resource !== culprit);
  }
  return findings;
}

const lastLines = (log: string): string => log.trimEnd().split('\n').slice(-3).join('\n');

/** What no resource alone is to blame for stands in the piece of bootstrap, where there is one. */
const bootstrapPlace = ({ bootstrap }: Snapshot): SourceLocation | undefined => bootstrap && locationOf(bootstrap);

type Judge = (resources: readonly Resource[]) => Promise<StaticVerdict>;

/** The resource that the words name. A listener has its routes inline here, so what is said of it may be a route's doing. */
async function culpritNamed(
  words: string,
  resources: readonly Resource[],
  judge: Judge,
): Promise<Resource | undefined> {
  const place = placeEnvoyWords(words, resources);
  const named = place && resources.find((resource) => resourceLabel(resource) === place.resource);
  if (named?.kind !== 'listener') return named;
  const others = resources.filter((resource) => resource !== named);
  return (await guiltyRoute(others, [named], judge)) ?? named;
}

/** The route without which `context` is taken; undefined when it is none of them. */
async function guiltyRoute(
  resources: readonly Resource[],
  context: readonly Resource[],
  judge: Judge,
): Promise<Resource | undefined> {
  const isBad = async (some: readonly Resource[]): Promise<boolean> =>
    (await judge([...context, ...some])).kind !== 'ok';
  const others = resources.filter(({ kind }) => kind !== 'route' && kind !== 'listener');
  let suspects = resources.filter(({ kind }) => kind === 'route');
  if (suspects.length === 0 || (await isBad(others))) return undefined;
  while (suspects.length > 1) {
    const half = suspects.slice(0, Math.ceil(suspects.length / 2));
    suspects = (await isBad([...others, ...half])) ? half : suspects.slice(half.length);
  }
  return suspects[0] && (await isBad([...others, suspects[0]])) ? suspects[0] : undefined;
}

function findingOf(
  job: StaticValidation,
  verdict: StaticVerdict,
  words: string,
  culprit: Resource | undefined,
): Finding {
  const place = culprit && placeEnvoyWords(`'${culprit.name}' ${words}`, [culprit]);
  const crashed = verdict.kind === 'crashed';
  const via = culprit ? viaOf(culprit.body) : [];
  return {
    rule: crashed ? 'envoy-crashed' : 'envoy-refused',
    severity: 'error',
    at: place?.at ?? bootstrapPlace(job.snapshot) ?? { file: 'mesh.yaml', line: 1, column: 1 },
    saw: crashed ? `Envoy ${job.release.version} crashed while it read this: ${words}` : words,
    want: `a configuration that Envoy ${job.release.version} takes`,
    stage: job.snapshot.stage,
    envoy: [job.release.version],
    ...(culprit ? { resource: `${culprit.kind} ${culprit.name}` } : {}),
    ...(via.length > 0 ? { via } : {}),
  };
}

/** Halves the resources until one is left without which the refusal goes away; undefined when it is none of them alone. */
async function narrowDown(resources: readonly Resource[], judge: Judge): Promise<Resource | undefined> {
  const isBad = async (some: readonly Resource[]): Promise<boolean> => (await judge(some)).kind !== 'ok';
  // It is the bootstrap's own then.
  if (await isBad([])) return undefined;
  // Listeners refer to the others, so those are judged without any listener first.
  const listeners = resources.filter(({ kind }) => kind === 'listener');
  const others = resources.filter(({ kind }) => kind !== 'listener' && kind !== 'route');
  const inOthers = await isBad(others);
  if (!inOthers) {
    const route = await guiltyRoute(resources, listeners, judge);
    if (route) return route;
  }
  // Clusters name secrets and endpoints, which are no suspects then, but must be there.
  const named = others.filter(({ kind }) => kind !== 'cluster');
  const inNamed = inOthers && (await isBad(named));
  const context = inNamed ? [] : inOthers ? named : resources.filter(({ kind }) => kind !== 'listener');
  let suspects = inNamed ? named : inOthers ? others.filter(({ kind }) => kind === 'cluster') : listeners;
  while (suspects.length > 1) {
    const half = suspects.slice(0, Math.ceil(suspects.length / 2));
    suspects = (await isBad([...context, ...half])) ? half : suspects.slice(half.length);
  }
  const [last] = suspects;
  return last && (await isBad([...context, last])) ? last : undefined;
}

async function writeFiles({ scratchDir, pki }: StaticValidation): Promise<StaticFiles> {
  const dir = join(scratchDir, 'static');
  await mkdir(dir, { recursive: true });
  const write = async (name: string, text: string): Promise<string> => {
    await writeFile(join(dir, name), text, { mode: 0o644 });
    return join(dir, name);
  };
  const emptyDiscoveryFile = await write('empty.yaml', 'resources: []\n');
  const tls = {
    certificate: await write('certificate.pem', pki.certificate),
    'private-key': await write('private-key.pem', pki.privateKey),
    ca: await write('ca.pem', pki.caCertificate),
  };
  return { emptyDiscoveryFile, tlsFile: (path, holds) => (existsSync(path) ? path : tls[holds]), isHere: existsSync };
}
