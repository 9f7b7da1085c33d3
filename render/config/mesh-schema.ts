import { z } from 'zod';
import { accessSchema, ownersSchema } from './access-schema.ts';
import { cronProblem } from './cron.ts';
import { observeSchema } from './observe-schema.ts';
import { recurrenceProblem } from './recurrence-rule.ts';
import { writtenDuration as duration } from './written-duration.ts';

const version = z
  .string({ error: 'an exact version in quotes, such as "1.40.0" (without quotes, YAML reads 1.40 as the number 1.4)' })
  .regex(/^\d+\.\d+\.\d+$/, 'an exact Envoy version of three numbers, such as 1.40.0');

const versions = z
  .array(version, { error: 'a list of exact Envoy versions, such as ["1.39.3", "1.40.0"]' })
  .min(1, 'at least one version')
  .refine((all) => new Set(all).size === all.length, 'each version once');

const images = z
  .record(version, z.string({ error: 'the name of an image' }).min(1, 'the name of an image'))
  .describe('The container image of an Envoy version, for the docker launcher. Default: envoyproxy/envoy:v<version>.');

/** The pattern must match the whole of `node.id`; JavaScript's syntax, which RE2's is close to. */
const idPattern = z.string({ error: 'a regular expression' }).refine((text) => {
  try {
    return new RegExp(text, 'u') instanceof RegExp;
  } catch {
    return false;
  }
}, 'a regular expression');

const node = z
  .strictObject({
    cluster: z.string().min(1, 'the name of a node cluster').optional().describe('Equals node.cluster.'),
    id: idPattern.optional().describe('A regular expression that matches the whole of node.id.'),
    metadata: z
      .record(z.string(), z.json())
      .optional()
      .describe('Every member must be in node.metadata with an equal value.'),
  })
  .describe('The nodes that the stage covers: every given condition must hold. Default: every node.');

const guards = z
  .strictObject({
    default_panic_threshold_percent: z
      .number()
      .min(0, 'a percentage from 0 to 100')
      .max(100, 'a percentage from 0 to 100')
      .optional()
      .describe('What a health-checked cluster without a threshold of its own is held to. Default: 50, as in Envoy.'),
    rehearsal_requests_per_second: z
      .number()
      .min(1, 'from 1 to 10000 requests a second')
      .max(10_000, 'from 1 to 10000 requests a second')
      .optional()
      .describe('Requests that rehearsals send while the configuration changes. Default: 200.'),
  })
  .describe('Settings of the guards. Those of a stage win over those at the top.');

const timeZone = z
  .string({ error: 'an IANA time zone such as Asia/Tokyo' })
  .refine((name) => /^[A-Za-z]/.test(name) && isTimeZone(name), 'an IANA time zone such as Asia/Tokyo');

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

const windowStart = z.string({ error: 'five cron fields or an iCalendar recurrence' }).superRefine((text, context) => {
  const problem = text.includes('=') ? recurrenceProblem(text) : cronProblem(text);
  if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
});

const freezeWindow = z.strictObject({
  start: windowStart.describe(
    'When the window opens: five cron fields (0 17 * * FRI) or an RFC 5545 recurrence (FREQ=WEEKLY;BYDAY=FR;BYHOUR=17).',
  ),
  duration: duration.describe('How long it stays closed for promotions.'),
  time_zone: timeZone.describe('An IANA time zone. Default: UTC.').default('UTC'),
  from: z.iso
    .date({ error: 'a day such as 2026-12-01' })
    .optional()
    .describe('The day from which a recurrence counts: needed for COUNT, and for INTERVAL above 1.'),
  reason: z
    .string({ error: 'a text for the people who are held up' })
    .min(1, 'a text')
    .describe('Shown to the people who are held up.'),
});

const gates = z
  .strictObject({
    auto: z
      .boolean()
      .optional()
      .describe('Promote without a person asking, once every other gate is open. Default: false.'),
    soak: duration.optional().describe('How long the digest must have been live in the stage before. Default: none.'),
    approvals: z
      .strictObject({
        count: z
          .int({ error: 'a whole number from 1 to 20' })
          .min(1, 'a whole number from 1 to 20')
          .max(20, 'a whole number from 1 to 20'),
        group: z.string({ error: 'the name of a group' }).min(1, 'the name of a group').describe('Who may approve.'),
        expire: duration.default('24h').describe('After this an approval lapses. Default: 24h.'),
      })
      .optional(),
    expire: duration.optional().describe('How long a promotion may wait at its gates before it ends. Default: 7d.'),
    confirm: duration
      .optional()
      .describe('How long a second person has to confirm a broken glass before it is undone. Default: 1h.'),
    fast_rollback: duration
      .optional()
      .describe('How old a passing verdict may be for a rollback to its digest to go without a new one. Default: 30d.'),
    freeze: z.array(freezeWindow).optional().describe('When nothing is promoted into the stage.'),
  })
  .describe('Conditions of a promotion into the stage.');

const text = z.string({ error: 'a text' }).min(1, 'a text that is not empty');
const target = z
  .discriminatedUnion(
    'kind',
    [
      z.strictObject({ kind: z.literal('git'), repository: text, branch: text }),
      z.strictObject({
        kind: z.literal('central-dogma'),
        url: z.url('a URL'),
        project: text,
        repository: text,
        path: text,
      }),
      z.strictObject({
        kind: z.literal('s3'),
        bucket: text,
        prefix: z.string().default(''),
        endpoint: z.url('a URL').optional(),
        region: text.optional(),
      }),
      z.strictObject({ kind: z.literal('dir'), path: text }),
    ],
    { error: 'a mapping with `kind`: git, central-dogma, s3 or dir' },
  )
  .describe('Where the snapshot of the stage is delivered.');

/** As `git check-ref-format --branch` has it, without what a shell or an option parser could take otherwise. */
const branch = z
  .string({ error: 'the name of a branch' })
  .regex(
    /^(?![-./])(?!.*(?:\.\.|\/\/|\/\.|@\{|\.lock(?:\/|$)))[A-Za-z0-9._/@-]{1,200}(?<![./])$/,
    'the name of a branch',
  );

const stageName = z
  .string({ error: 'the name of the stage' })
  .regex(/^[a-z][a-z0-9-]{0,39}$/, 'lower-case letters, digits and -, beginning with a letter')
  .refine((name) => name !== 'common', 'another name: values/common.yaml holds for all stages');

const stage = z.strictObject({
  name: stageName,
  envoy: versions.optional().describe('The Envoy versions that the stage runs. Default: `envoy` at the top.'),
  images: images.optional(),
  node: node.optional(),
  guards: guards.optional(),
  gates: gates.optional(),
  observe: observeSchema.optional(),
  target: target.optional(),
});

/** `mesh.yaml`: strict, so that a misspelt setting is refused and not ignored. */
export const meshSchema = z
  .strictObject({
    envoy: versions.optional().describe('The Envoy versions of stages that name none.'),
    images: images.optional(),
    guards: guards.optional(),
    branch: branch
      .optional()
      .describe('The protected branch: only revisions that it contains are promoted. Default: main.'),
    remote: text
      .regex(/^[^-]/, 'a git remote or URL, not beginning with -')
      .optional()
      .describe('A git remote, or its URL, from which the branch is fetched before it is looked at. Default: none.'),
    slack: z
      .strictObject({
        channel: z
          .string({ error: 'a channel such as #mesh or C0123ABC' })
          .regex(/^#?[\p{L}\p{N}_-]{1,80}$/u, 'a channel such as #mesh or C0123ABC')
          .describe('Where promotions are shown: its name, or better its id, which outlives a renaming.'),
      })
      .optional(),
    access: accessSchema.optional(),
    owners: ownersSchema.optional(),
    observe: observeSchema.optional(),
    stages: z
      .array(stage, { error: 'a list of stages' })
      .min(1, 'at least one stage')
      .describe('In promotion order: the first is promoted to first.'),
  })
  .describe('The stages of a mesh, and what each asks for.');

export type MeshFile = z.output<typeof meshSchema>;
export type StageEntry = MeshFile['stages'][number];

let made: Record<string, unknown> | undefined;

/** The JSON Schema that editors complete `mesh.yaml` by; made on first use. */
export function meshJsonSchema(): Record<string, unknown> {
  made ??= z.toJSONSchema(meshSchema, { io: 'input', target: 'draft-7' }) as Record<string, unknown>;
  return made;
}
