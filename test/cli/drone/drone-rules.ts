import { parseAllDocuments } from 'yaml';
import { z } from 'zod';

// Drone's own rules for docker pipelines, stricter than its parser, which ignores what it does not know:
// https://docs.drone.io/yaml/docker/, and the linter of drone-runner-docker v1.8.3.

const texts = z.array(z.string());
const conditions = z.union([texts, z.strictObject({ include: texts.optional(), exclude: texts.optional() })]);
const EVENTS = ['push', 'pull_request', 'tag', 'promote', 'rollback', 'cron', 'custom'] as const;
const events = z.union([
  z.array(z.enum(EVENTS)),
  z.strictObject({ include: z.array(z.enum(EVENTS)).optional(), exclude: z.array(z.enum(EVENTS)).optional() }),
]);
const statuses = z.array(z.enum(['success', 'failure']));
const trigger = z.strictObject({
  action: conditions.optional(),
  branch: conditions.optional(),
  cron: conditions.optional(),
  event: events.optional(),
  instance: conditions.optional(),
  ref: conditions.optional(),
  repo: conditions.optional(),
  status: statuses.optional(),
  target: conditions.optional(),
});
const environment = z.record(z.string(), z.union([z.string(), z.strictObject({ from_secret: z.string() })]));
const step = z.strictObject({
  name: z.string().min(1).max(100),
  image: z.string().regex(/^\S+$/),
  commands: texts.optional(),
  depends_on: texts.optional(),
  detach: z.boolean().optional(),
  environment: environment.optional(),
  failure: z.enum(['ignore', 'always']).optional(),
  network_mode: z.string().optional(),
  privileged: z.literal(false).optional(),
  pull: z.enum(['always', 'if-not-exists', 'never']).optional(),
  settings: z.record(z.string(), z.unknown()).optional(),
  user: z.string().optional(),
  volumes: z.array(z.strictObject({ name: z.string(), path: z.string() })).optional(),
  when: trigger.optional(),
  working_dir: z.string().optional(),
});
const pipeline = z.strictObject({
  kind: z.literal('pipeline'),
  type: z.literal('docker'),
  name: z.string().regex(/^[a-z0-9][a-zA-Z0-9._-]{0,99}$/),
  clone: z.strictObject({ depth: z.int().optional(), disable: z.boolean().optional() }).optional(),
  concurrency: z.strictObject({ limit: z.int().min(1) }).optional(),
  depends_on: texts.optional(),
  image_pull_secrets: texts.optional(),
  platform: z.strictObject({ os: z.string(), arch: z.string() }).optional(),
  services: z.array(step).optional(),
  steps: z.array(step).min(1),
  trigger: trigger.optional(),
  volumes: z
    .array(
      z.union([
        z.strictObject({ name: z.string(), host: z.strictObject({ path: z.string().startsWith('/') }) }),
        z.strictObject({ name: z.string(), temp: z.strictObject({}) }),
      ]),
    )
    .optional(),
  workspace: z.strictObject({ path: z.string() }).optional(),
});
export type CheckedPipeline = z.infer<typeof pipeline>;

/** Everything that is wrong with the text of a `.drone.yml`, and its pipelines as far as they could be read. */
export function droneProblems(
  text: string,
  options: { trusted?: boolean } = {},
): { problems: string[]; pipelines: CheckedPipeline[] } {
  const problems: string[] = [];
  const pipelines: CheckedPipeline[] = [];
  if (/(?<!\$)\$\{/.test(text)) problems.push('a substitution is replaced before the YAML is read');
  for (const [index, document] of parseAllDocuments(text, { uniqueKeys: true }).entries()) {
    for (const { message } of document.errors) problems.push(`document ${index + 1}: ${message}`);
    const parsed = pipeline.safeParse(document.toJS());
    if (parsed.success) pipelines.push(parsed.data);
    else
      for (const { path, message } of parsed.error.issues)
        problems.push(`document ${index + 1}: ${path.join('.')}: ${message}`);
  }
  const earlier = new Set<string>();
  for (const one of pipelines) {
    if (earlier.has(one.name)) problems.push(`${one.name}: there are two pipelines of that name`);
    for (const name of one.depends_on ?? [])
      if (!earlier.has(name)) problems.push(`${one.name}: depends on ${name}, which no earlier document names`);
    earlier.add(one.name);
    problems.push(...stepProblems(one), ...volumeProblems(one, options.trusted ?? false));
    if (startsOnPromotion(one)) problems.push(`${one.name}: a promotion would start it`);
  }
  return { problems, pipelines };
}

function stepProblems({ name: pipelineName, steps }: CheckedPipeline): string[] {
  const problems: string[] = [];
  const earlier = new Set<string>();
  for (const { name, depends_on, commands, settings } of steps) {
    if (earlier.has(name) || name === 'clone') problems.push(`${pipelineName}: there are two steps ${name}`);
    for (const needed of depends_on ?? [])
      if (!earlier.has(needed))
        problems.push(`${pipelineName}: step ${name} depends on ${needed}, which is no earlier step`);
    if (commands && settings) problems.push(`${pipelineName}: step ${name} has commands and settings`);
    if (!commands && !settings) problems.push(`${pipelineName}: step ${name} does nothing`);
    earlier.add(name);
  }
  return problems;
}

function volumeProblems({ name, steps, volumes = [] }: CheckedPipeline, trusted: boolean): string[] {
  const known = volumes.map((volume) => volume.name);
  const problems = steps
    .flatMap((each) => each.volumes ?? [])
    .filter((volume) => !known.includes(volume.name))
    .map((volume) => `${name}: no volume ${volume.name}`);
  if (!trusted && volumes.some((volume) => 'host' in volume))
    problems.push(`${name}: untrusted repositories cannot mount host volumes`);
  return problems;
}

function startsOnPromotion({ trigger: { event } = {} }: CheckedPipeline): boolean {
  if (event === undefined) return true;
  return (['promote', 'rollback'] as const).some((promotion) => {
    if (Array.isArray(event)) return event.includes(promotion);
    return !event.exclude?.includes(promotion) && (event.include === undefined || event.include.includes(promotion));
  });
}
