import { z } from 'zod';
import { writtenDuration } from '../config/written-duration.ts';

const text = z.string({ error: 'a text' }).min(1, 'a text that is not empty');
const port = z
  .int({ error: 'a port from 1 to 65535' })
  .min(1, 'a port from 1 to 65535')
  .max(65_535, 'a port from 1 to 65535');

const locality = z
  .strictObject({ region: text.optional(), zone: text.optional(), sub_zone: text.optional() })
  .describe("Of the source's hosts that say none of their own.");
const common = {
  priority: z
    .int({ error: 'a whole number from 0 to 127' })
    .min(0, 'a whole number from 0 to 127')
    .max(127, 'a whole number from 0 to 127')
    .optional()
    .describe("Envoy's: 0 is taken first. Every priority from 0 to the highest must be there. Default: 0."),
  locality: locality.optional(),
};

const source = z.discriminatedUnion(
  'kind',
  [
    z
      .strictObject({
        kind: z.literal('consul'),
        service: text.describe('Its name in the catalogue.'),
        tags: z
          .array(text, { error: 'a list of tags' })
          .optional()
          .describe('A host needs all of them. Default: none.'),
        datacenter: text.optional().describe('Default: that of the agent which is asked.'),
        ...common,
      })
      .describe('A service of Consul, watched by blocking queries.'),
    z
      .strictObject({ kind: z.literal('registry'), service: text, ...common })
      .describe('Hosts that registered themselves with the control planes of the stage.'),
    z
      .strictObject({
        kind: z.literal('dns'),
        name: text,
        record: z.enum(['A', 'AAAA', 'SRV'], { error: 'A, AAAA or SRV' }).optional().describe('Default: A.'),
        port: port.optional().describe('Of the hosts: needed for A and AAAA, and given by the answer for SRV.'),
        ...common,
      })
      .refine(({ record, port }) => (record === 'SRV') === (port === undefined), {
        error: 'a port with A and AAAA, and none with SRV',
        path: ['port'],
      })
      .describe('A name, asked for again when the answer has expired (TTL).'),
    z
      .strictObject({
        kind: z.literal('kubernetes'),
        namespace: text.optional().describe('Default: default.'),
        service: text,
        port: text.optional().describe('Its name or number in the EndpointSlices. Default: the only one.'),
        ...common,
      })
      .describe('The EndpointSlices of a service, watched.'),
    z
      .strictObject({
        kind: z.literal('file'),
        path: text.describe('On the machine of the control plane.'),
        ...common,
      })
      .describe('A list of hosts in a file, read again when it changes.'),
  ],
  { error: 'a source of kind consul, registry, dns, kubernetes or file' },
);

/** `discovery:` of a cluster as it is written. */
export const discoverySchema = z
  .strictObject({
    sources: z.array(source, { error: 'a list of sources' }).min(1, 'at least one source'),
    max_stale: writtenDuration
      .optional()
      .describe('How long the last good answer of a source that fails is served on. Default: 1h.'),
    floor: z
      .number({ error: 'a percentage from 0 to 100' })
      .min(0, 'a percentage from 0 to 100')
      .max(100, 'a percentage from 0 to 100')
      .optional()
      .describe("An answer with less than this share of the source's last hosts is not believed at once. Default: 50."),
    floor_hold: writtenDuration
      .optional()
      .describe('How long such an answer must be given until it is believed. Default: 5m.'),
  })
  .superRefine(({ sources }, context) => {
    const given = new Set(sources.map(({ priority = 0 }) => priority));
    // Envoy refuses priorities with a gap: https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/endpoint/v3/endpoint_components.proto
    for (let priority = 0; priority < Math.max(...given, 0); priority += 1)
      if (!given.has(priority))
        context.addIssue({
          code: 'custom',
          path: ['sources'],
          message: `a source of priority ${priority}, as there are higher ones`,
        });
  })
  .describe('Where the hosts of an EDS cluster come from.');
export type WrittenDiscovery = z.output<typeof discoverySchema>;
