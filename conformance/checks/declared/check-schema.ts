import { z } from 'zod';
import { SPAN_KINDS } from '../../upstream/otlp-spans.ts';

// The shape of `checks/*.yaml`. It has no transforms, so that the published JSON Schema and the reader are one thing; what a
// value means is made of it in `to-check.ts`. Every message says what is allowed.

export const DURATION = /^\d+(\.\d+)?(ms|s|m)$/;
export const STATUS = /^([1-5]xx|[1-5]\d\d|[1-5]\d\d-[1-5]\d\d)$/i;
const STAT_BOUND = /^[+=](\d+(\.\.\d*)?|\.\.\d+)$/;
export const GRPC_STATUS_NAMES = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
] as const;

const text = (what: string) => z.string({ error: what }).min(1, { error: what });
const duration = () =>
  z
    .string({ error: 'a duration such as 250ms, 1.5s or 2m' })
    .regex(DURATION, { error: 'a duration such as 250ms, 1.5s or 2m' });
const whole = (min: number, max: number) => {
  const error = `a whole number from ${min} to ${max}`;
  return z.int({ error }).min(min, { error }).max(max, { error });
};
const names = (what: string) => z.union([text(what), z.array(text(what))], { error: `${what}, or a list of them` });

const headerValue = z.union([z.string(), z.int(), z.boolean()], {
  error: 'a text (in quotes if it reads as a number with a fraction)',
});
const headers = z.record(z.string(), headerValue, { error: 'a mapping of header names to values' });

const VALUE_MATCH = 'a text, or one of { regex: … }, { contains: … }, { present: true | false }';
const valueMatch = z.union(
  [
    headerValue,
    z
      .strictObject({
        exact: headerValue.optional(),
        regex: text('a regular expression that matches the whole value').optional(),
        contains: text('a text').optional(),
        present: z.boolean({ error: 'true or false' }).optional(),
      })
      .refine((match) => Object.keys(match).length === 1, {
        error: 'exactly one of exact, regex, contains, present',
      })
      .meta({ minProperties: 1, maxProperties: 1 }),
  ],
  { error: VALUE_MATCH },
);
const valueMatches = z.record(z.string(), valueMatch, { error: 'a mapping of names to values' });

const STATUS_ERROR = 'a status such as 200, 2xx or 500-503, or a list of those';
const oneStatus = z.union([whole(100, 599), z.string().regex(STATUS, { error: STATUS_ERROR })], {
  error: STATUS_ERROR,
});
const grpcStatus = z.union([whole(0, 16), z.enum(GRPC_STATUS_NAMES)], {
  error: 'a gRPC status: a number from 0 to 16, or a name such as UNAVAILABLE',
});
const percents = (error: string) =>
  z.record(z.string(), z.number({ error: 'a percentage from 0 to 100' }).min(0).max(100), { error });

const behaviour = z.strictObject(
  {
    host: text('a host of the cluster, as address:port').optional(),
    failFirst: whole(1, 100_000)
      .optional()
      .describe('Fail the first n requests with `failStatus`, then answer normally.'),
    failStatus: whole(200, 599).optional().describe('Default 503; gRPC calls get UNAVAILABLE.'),
    delay: duration().optional().describe('Wait before the headers of the answer.'),
    reset: z
      .enum(['before-headers', 'mid-body'], { error: 'before-headers or mid-body' })
      .optional()
      .describe('Close the connection (HTTP/2: reset the stream) instead of an answer, or after half of the body.'),
    status: whole(200, 599).optional().describe('The status of the answers; default 200.'),
    grpcStatus: grpcStatus.optional(),
    headers: headers.optional(),
    body: z.string({ error: 'a text' }).optional(),
    health: z
      .enum(['failing'], { error: 'failing (hosts pass their health checks unless told otherwise)' })
      .optional()
      .describe('Fail health checks, and still answer requests.'),
    maintenance: z
      .literal(true, { error: 'true' })
      .optional()
      .describe('Fail health checks and answer requests with 503, as a host that was taken out.'),
  },
  { error: 'a mapping of what the hosts do, such as { failFirst: 2 }' },
);

const latency = z.strictObject({
  min: duration().optional(),
  p50: duration().optional(),
  p99: duration().optional(),
  max: duration().optional(),
});

const STAT_ERROR =
  'a text in quotes: "+2" (grew by 2), "+1.." (by 1 or more), "+..3" (by at most 3), "+1..3", or "=0", "=1.." (the value afterwards)';

const expectation = z
  .strictObject({
    status: z.union([oneStatus, z.array(oneStatus).min(1)], { error: STATUS_ERROR }).optional(),
    grpcStatus: grpcStatus.optional(),
    headers: valueMatches.optional().describe('Headers of the answer.'),
    body: valueMatch.optional(),
    cluster: names('the name of a cluster')
      .optional()
      .describe('The cluster that answers; several: any of them; an empty list: Envoy itself, and no host is reached.'),
    attempts: z
      .union([whole(0, 1000), z.strictObject({ min: whole(0, 1000).optional(), max: whole(0, 1000).optional() })], {
        error: 'a number of attempts, or { min, max }',
      })
      .optional()
      .describe('Requests that reached hosts for each request of the check, copies aside.'),
    mirroredTo: z
      .union([text('a cluster'), z.array(text('a cluster')), percents('clusters and percentages')], {
        error: 'a cluster, a list of clusters, or a mapping of clusters to percentages',
      })
      .optional()
      .describe(
        'Clusters that receive a copy of each request, or of a percentage of them; an empty list: nobody does.',
      ),
    upstream: z
      .strictObject({ headers: valueMatches.optional(), path: valueMatch.optional(), host: valueMatch.optional() })
      .optional()
      .describe('The request as it reached the host.'),
    shares: percents('a mapping of clusters to percentages that sum to 100').optional(),
    latency: latency
      .optional()
      .describe('Of whole answers, by nearest rank. Coarse: for timeouts and delays, not for speed.'),
    stats: z
      .record(z.string(), z.string({ error: STAT_ERROR }).regex(STAT_BOUND, { error: STAT_ERROR }))
      .optional()
      .describe('Envoy counters and gauges, by their full names.'),
    accessLog: z
      .strictObject({
        file: text('the path of an access log, as the config writes it').optional(),
        fields: valueMatches,
      })
      .optional(),
    span: z
      .strictObject({
        name: valueMatch.optional(),
        kind: z.enum(SPAN_KINDS, { error: `one of ${SPAN_KINDS.join(', ')}` }).optional(),
        attributes: valueMatches.optional(),
        resource: valueMatches.optional().describe('Of what told of it, such as `service.name`.'),
      })
      .optional()
      .describe("A span of each request's trace, as it reached a collector (OTLP, W3C trace context)."),
  })
  .refine((expect) => Object.keys(expect).length > 0, { error: 'at least one expectation' })
  .meta({ minProperties: 1 });

export const checkSchema = z.strictObject(
  {
    name: text('a name'),
    listener: text('the name of a listener'),
    stages: names('the name of a stage').optional().describe('Stages that it applies to; default all.'),
    envoy: text('a semver range such as ">=1.38"').optional().describe('Envoy versions that it applies to.'),
    method: z
      .string({ error: 'an HTTP method' })
      .regex(/^[A-Z]+$/, { error: 'an HTTP method in capitals' })
      .optional()
      .describe('Default GET, or POST where there is a body.'),
    host: text('the host that is asked for').optional().describe('Default: localhost.'),
    path: z
      .string({ error: 'a path' })
      .regex(/^(\/\S*|\*)$/, { error: 'a path that begins with / and has no white space' })
      .optional(),
    headers: headers.optional(),
    body: z.string({ error: 'a text' }).optional(),
    grpc: z
      .strictObject({
        service: text('a gRPC service such as grpc.health.v1.Health'),
        method: text('a method of the service'),
        message: z
          .base64({ error: 'the encoded message in base64' })
          .optional()
          .describe('Default: the empty message.'),
      })
      .optional()
      .describe('Makes the request a gRPC call.'),
    protocol: z.enum(['http/1.1', 'h2'], { error: 'http/1.1 or h2' }).optional(),
    tls: z
      .union(
        [
          z.literal(true),
          z.strictObject({ serverName: text('a server name').optional(), clientCertificate: z.boolean().optional() }),
        ],
        { error: 'true, or { serverName, clientCertificate }' },
      )
      .optional(),
    timeout: duration().optional().describe('Of one request; default 5s.'),
    repeat: whole(1, 100_000).optional().describe('How many requests; default 1.'),
    concurrency: whole(1, 256).optional().describe('How many at a time; default 1.'),
    upstream: z
      .record(
        z.string(),
        z.union([behaviour, z.array(behaviour).min(1)], { error: 'what the hosts do, or a list of it' }),
        {
          error: 'a mapping of clusters to what their hosts do',
        },
      )
      .optional()
      .describe('What the hosts behind Envoy do while this check runs.'),
    expect: expectation,
  },
  { error: 'a mapping that describes one check' },
);
export type WrittenCheck = z.infer<typeof checkSchema>;
export type WrittenExpectation = WrittenCheck['expect'];
export type WrittenBehaviour = z.infer<typeof behaviour>;
export type WrittenValueMatch = z.infer<typeof valueMatch>;

/** The JSON Schema of one file: a check, or a list of checks. */
export function checkJsonSchema(): unknown {
  const { $schema, ...file } = z.toJSONSchema(z.union([checkSchema, z.array(checkSchema)]), {
    io: 'input',
    reused: 'ref',
  });
  return {
    $schema,
    title: 'Meshgate checks',
    description: 'A file of checks/: one check, or a list of checks.',
    ...file,
  };
}
