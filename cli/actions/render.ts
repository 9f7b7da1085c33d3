import { stringify } from 'yaml';
import { prepareStages } from '../../conformance/prepare-stages.ts';
import { hasErrors, renderFinding } from '../../render/finding.ts';
import type { KnownService } from '../../render/generators/generator.ts';
import type { Instance } from '../../render/generators/instance.ts';
import { withExamples } from '../../render/generators/with-examples.ts';
import { RESOURCE_KINDS, RESOURCE_TYPES } from '../../render/resource.ts';
import { resourcesOf, type Snapshot } from '../../render/snapshot.ts';
import type { CommandContext } from '../command-context.ts';
import type { ConfigOptions } from '../config-options.ts';
import { withPrepareRequest } from '../prepare-request.ts';
import { UsageError } from '../usage-error.ts';

export type RenderOptions = Omit<ConfigOptions, 'stage'> & {
  readonly stage: string;
  readonly format: string;
  /** `NAME`, or `NAME:TAG,TAG`. */
  readonly service: readonly string[];
};

const FORMATS = ['yaml', 'json'];

/** Resolves with the exit code. Rejects with `UsageError`, and as `prepareStages` does. */
export async function render(options: RenderOptions, context: CommandContext): Promise<number> {
  const { stage } = options;
  const format = options.json ? 'json' : options.format;
  if (!FORMATS.includes(format)) throw new UsageError(`--format ${format}: use ${FORMATS.join(' or ')}`);
  const print = (data: object): void =>
    void context.stdout.write(
      format === 'json'
        ? `${JSON.stringify(data, null, 2)}\n`
        : stringify(data, { lineWidth: 0, aliasDuplicateObjects: false }),
    );
  const prepared = await withPrepareRequest({ ...options, stage: [stage] }, context, prepareStages);
  const findings = [...prepared.findings, ...prepared.stages.flatMap((one) => one.findings)];
  for (const finding of findings) context.stderr.write(`${renderFinding(finding)}\n`);
  const snapshot = prepared.stages[0]?.snapshot;
  if (!hasErrors(findings) && snapshot) {
    const envoys = prepared.stages[0]?.releases.map(({ version }) => version) ?? [];
    const asked = options.service.map(serviceOf);
    const generated = withExamples(snapshot, envoys, (_, examples) => (asked.length > 0 ? asked : examples));
    for (const finding of generated.findings) context.stderr.write(`${renderFinding(finding)}\n`);
    if (!hasErrors(generated.findings)) {
      print({ ...asData(snapshot), ...generatedData(snapshot, generated.instances) });
      return 0;
    }
    if (format === 'json') print({ stage, exitCode: 1, findings: generated.findings });
    return 1;
  }
  // Half a snapshot would be taken for a whole one; who reads JSON gets the findings in its place.
  if (format === 'json') print({ stage, exitCode: 1, findings });
  return 1;
}

/** One list for each kind that there is, under its folder's name. */
function asData(snapshot: Snapshot) {
  const kinds = RESOURCE_KINDS.map(
    (kind) => [RESOURCE_TYPES[kind].folder, resourcesOf(snapshot, kind).map(({ body }) => body)] as const,
  );
  return {
    stage: snapshot.stage,
    digest: snapshot.digest,
    ...Object.fromEntries(kinds.filter(([, bodies]) => bodies.length > 0)),
    ...(snapshot.bootstrap ? { bootstrap: snapshot.bootstrap } : {}),
  };
}

/** `orders` or `orders:timeout=5s,canary`. */
function serviceOf(text: string): KnownService {
  const at = text.indexOf(':');
  const tags =
    at === -1
      ? []
      : text
          .slice(at + 1)
          .split(',')
          .filter((tag) => tag !== '');
  return { name: at === -1 ? text : text.slice(0, at), tags: tags.toSorted() };
}

/** What the control plane would make of the services, beside what is promoted. */
function generatedData({ generators }: Snapshot, instances: readonly Instance[]) {
  if (!generators) return {};
  const made = generators.map(({ name, source }) => {
    const own = instances.filter(({ generator }) => generator === name);
    return { name, source, services: own.map(instanceData) };
  });
  return { generators: made };
}

function instanceData({ service, resources, virtualHosts }: Instance) {
  const kinds = RESOURCE_KINDS.map(
    (kind) =>
      [
        RESOURCE_TYPES[kind].folder,
        resources
          .filter((one) => one.kind === kind)
          .map(({ body, discovery }) => ({ ...body, ...(discovery ? { discovery } : {}) })),
      ] as const,
  );
  return {
    service,
    ...Object.fromEntries(kinds.filter(([, bodies]) => bodies.length > 0)),
    ...(virtualHosts.length > 0 ? { virtual_hosts: virtualHosts.map(({ into, body }) => ({ into, ...body })) } : {}),
  };
}
