import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { pollUntil } from '../../../../conformance/poll-until.ts';
import { otlpOut } from '../../../../controlplane/access-logs/out/otlp-out.ts';
import { logged } from './logged.ts';

/*
 * What a collector takes by OTLP over HTTP, as JSON, decoded by the schema of its protocol; it is no collector, but refuses what is not of
 * this shape. https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/logs/v1/logs.proto
 */
const value = z.strictObject({
  stringValue: z.string().optional(),
  intValue: z.union([z.number(), z.string()]).optional(),
  doubleValue: z.number().optional(),
  arrayValue: z.strictObject({ values: z.array(z.strictObject({ stringValue: z.string() })) }).optional(),
});
const attributes = z.array(z.strictObject({ key: z.string().min(1), value }));
const nanos = z.string().regex(/^\d{1,20}$/);
const logRecord = z.strictObject({
  timeUnixNano: nanos,
  observedTimeUnixNano: nanos,
  severityNumber: z.int().min(1).max(24),
  severityText: z.string(),
  eventName: z.string(),
  body: value,
  attributes,
  droppedAttributesCount: z.literal(0),
  flags: z.int().optional(),
  traceId: z
    .string()
    .regex(/^[0-9a-f]{32}$/)
    .optional(),
  spanId: z
    .string()
    .regex(/^[0-9a-f]{16}$/)
    .optional(),
});
const request = z.strictObject({
  resourceLogs: z.array(
    z.strictObject({
      resource: z.strictObject({ attributes, droppedAttributesCount: z.int(), schemaUrl: z.string().optional() }),
      scopeLogs: z.array(
        z.strictObject({
          scope: z.looseObject({ name: z.string() }),
          logRecords: z.array(logRecord),
          schemaUrl: z.string().optional(),
        }),
      ),
      schemaUrl: z.string().optional(),
    }),
  ),
});
type Received = z.infer<typeof logRecord>;

let status = 200;
let received: Received[] = [];
let holding: Promise<void> | undefined;
const problems: string[] = [];
const collector = createServer((asked, response) => {
  const chunks: Buffer[] = [];
  asked.on('data', (chunk: Buffer) => chunks.push(chunk));
  asked.on('end', async () => {
    await holding;
    const parsed = request.safeParse(JSON.parse(Buffer.concat(chunks).toString()));
    if (asked.url !== '/v1/logs' || asked.method !== 'POST') problems.push(`${asked.method} ${asked.url}`);
    if (!parsed.success) problems.push(z.prettifyError(parsed.error));
    else if (status === 200)
      received.push(
        ...parsed.data.resourceLogs.flatMap(({ scopeLogs }) => scopeLogs.flatMap((scope) => scope.logRecords)),
      );
    response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
  });
});
let url = '';
beforeAll(async () => {
  await new Promise<void>((resolve) => {
    collector.listen(0, '127.0.0.1', resolve);
  });
  url = `http://127.0.0.1:${(collector.address() as AddressInfo).port}/v1/logs`;
});
afterAll(() => {
  collector.closeAllConnections();
  collector.close();
});
beforeEach(() => {
  status = 200;
  received = [];
  holding = undefined;
});
const soon = (what: string, probe: () => boolean): Promise<true> =>
  pollUntil(what, 30_000, new AbortController().signal, async () => probe() || undefined) as Promise<true>;

test('a collector is sent each entry, with attributes by their conventional names, its times and its span', async () => {
  const out = otlpOut({ url, say: () => undefined });
  out.write(logged('/cart?token=hunter2'));
  out.write(logged('/cart', {}, { code: 503, flags: ['UH', 'URX'], traceId: undefined, spanId: undefined }));
  for (let index = 2; index < 1_200; index += 1) out.write(logged(`/${index}`));
  await out[Symbol.asyncDispose]();
  expect(problems).toEqual([]);
  expect(received).toHaveLength(1_200);
  expect(out.counts()).toEqual({ written: 1_200, dropped: 0, waiting: 0 });
  const [first, second] = received;
  expect(first).toMatchObject({
    timeUnixNano: '1800000000000000000',
    observedTimeUnixNano: '1800000000500000000',
    severityText: 'INFO',
    eventName: 'envoy.exchange',
    body: { stringValue: 'GET 200' },
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    spanId: '00f067aa0ba902b7',
  });
  const told = (record: Received | undefined, key: string) => record?.attributes.find((one) => one.key === key)?.value;
  expect(told(first, 'url.path')).toEqual({ stringValue: '/cart' });
  expect(Number(told(first, 'http.response.status_code')?.intValue)).toBe(200);
  expect(JSON.stringify(received)).not.toContain('hunter2');
  expect(second).toMatchObject({ severityText: 'ERROR' });
  expect(second).not.toHaveProperty('traceId');
  expect(told(second, 'envoy.response_flags')?.arrayValue?.values).toEqual([
    { stringValue: 'UH' },
    { stringValue: 'URX' },
  ]);
});

test('a time of which nobody can be sure is that of the arrival; one of long ago is what it is', async () => {
  const out = otlpOut({ url, say: () => undefined });
  const times = [-1, 1e18, Number.NaN, 1_000.5];
  for (const startEpochMs of times) out.write(logged('/', {}, { startEpochMs }));
  await out[Symbol.asyncDispose]();
  expect(problems).toEqual([]);
  const arrival = '1800000000500000000';
  expect(received.map(({ timeUnixNano }) => timeUnixNano)).toEqual([arrival, arrival, arrival, '1000500000']);
});

test('what a collector refuses, and what does not find room while it is slow, is counted', async () => {
  const said: string[] = [];
  let release = (): void => undefined;
  holding = new Promise((resolve) => {
    release = resolve;
  });
  await using out = otlpOut({ url, say: (line) => said.push(line), maxWaiting: 600 });
  for (let index = 0; index < 700; index += 1) out.write(logged(`/${index}`));
  expect(out.counts()).toMatchObject({ written: 0, dropped: 100 });
  release();
  await soon('the rest', () => out.counts().waiting === 0);
  expect([received.length, out.counts().written]).toEqual([600, 600]);

  status = 400;
  out.write(logged('/refused'));
  await soon('the refusal', () => out.counts().dropped === 101);
  status = 200;
  out.write(logged('/taken'));
  await soon('the last', () => out.counts().written === 601);
  expect(said).toEqual([expect.stringMatching(/^access logs cannot be sent: /), 'access logs are sent again']);
  // What cannot be written at all is lost with its batch, and nothing more is.
  out.write({ ...logged('/unwritable'), atEpochMs: Number.NaN });
  await soon('the loss', () => out.counts().dropped === 102);
  out.write(logged('/after'));
  await soon('what came after', () => out.counts().written === 602);
});
