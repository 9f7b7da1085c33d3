import { z } from 'zod';
import { writtenDuration } from '../config/written-duration.ts';

export const DEFAULT_MAX_SERVICES = 100;
const MOST_SERVICES = 1_000;

const text = z.string({ error: 'a text' }).min(1, 'a text that is not empty');
const tag = text.describe('A service needs it. Of Kubernetes a label: `expose`, or `expose=http`.');
const percentage = 'a percentage from 0 to 100';
const services = `a whole number from 1 to ${MOST_SERVICES}`;

const source = z.discriminatedUnion(
  'kind',
  [
    z
      .strictObject({
        kind: z.literal('consul'),
        tag,
        datacenter: text.optional().describe('Default: that of the agent which is asked.'),
      })
      .describe('The services of Consul whose instances bear the tag.'),
    z
      .strictObject({ kind: z.literal('registry'), tag })
      .describe('Services whose hosts registered themselves with the control planes of the stage.'),
    z
      .strictObject({ kind: z.literal('kubernetes'), namespace: text.optional().describe('Default: default.'), tag })
      .describe('The services of a namespace whose EndpointSlices bear the label.'),
    z
      .strictObject({ kind: z.literal('file'), path: text.describe('On the machine of the control plane.'), tag })
      .describe('A list of services in a file, read again when it changes.'),
  ],
  { error: 'a source of kind consul, registry, kubernetes or file' },
);

/** One document of `generators/*.yaml`. */
export const generatorSchema = z
  .strictObject({
    name: text.optional().describe('Default: the name of the file without its extension.'),
    source: source.describe('Where services are known.'),
    template: text.describe('The template that is instantiated for each of them.'),
    with: z
      .record(z.string(), z.unknown(), { error: 'a mapping of parameters' })
      .optional()
      .describe(
        'Its parameters: `${service.name}`, `${service.tags.KEY}` (of a tag KEY=VALUE), and what any template use may have.',
      ),
    examples: z
      .array(z.strictObject({ name: text, tags: z.array(text, { error: 'a list of tags' }).optional() }), {
        error: 'a list of made-up services',
      })
      .min(1, 'at least one made-up service')
      .max(10, 'at most 10 made-up services')
      .optional()
      .describe('Made-up services that the matrix proves the template with. Default: example-one and example-two.'),
    max_services: z
      .int({ error: services })
      .min(1, services)
      .max(MOST_SERVICES, services)
      .optional()
      .describe(`More services than these are left out. Default: ${DEFAULT_MAX_SERVICES}.`),
    max_stale: writtenDuration
      .optional()
      .describe('How long the last good answer of a source that fails is believed. Default: 1h.'),
    floor: z
      .number({ error: percentage })
      .min(0, percentage)
      .max(100, percentage)
      .optional()
      .describe(
        "An answer with less than this share of the source's last services is not believed at once. Default: 50.",
      ),
    floor_hold: writtenDuration
      .optional()
      .describe('How long such an answer must be given until it is believed. Default: 5m.'),
  })
  .describe('A template that is instantiated for each service which a source knows under a tag.');
export type WrittenGenerator = z.output<typeof generatorSchema>;
export const generatorJsonSchema: unknown = z.toJSONSchema(generatorSchema, { io: 'input' });
