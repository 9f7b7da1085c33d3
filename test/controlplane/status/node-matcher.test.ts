import { fromJson, type JsonObject, type JsonValue, toBinary } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { messageSchema } from '../../../controlplane/fleet/message-fields.ts';
import { clientStatusQuestion } from '../../../controlplane/status/client-status-question.ts';
import { BadMatcher } from '../../../controlplane/status/node-matcher.ts';
import type { XdsNode } from '../../../controlplane/xds/discovery-messages.ts';
import { newestApiSet } from '../../../render/api/api-set.ts';

const { registry } = newestApiSet();

function bytesOf(...nodeMatchers: readonly JsonValue[]): Uint8Array {
  const schema = messageSchema('envoy.service.status.v3.ClientStatusRequest');
  return toBinary(schema, fromJson(schema, { nodeMatchers: [...nodeMatchers] }, { registry }));
}

const METADATA: JsonObject = {
  track: 'Canary',
  weight: 3,
  spare: false,
  nothing: null,
  tags: ['a', 'b'],
  deep: { zone: 'z1' },
};
const NODE: XdsNode = { id: 'edge-1', cluster: 'shop', version: '1.40.0', metadata: METADATA };

const takes = (...matchers: readonly JsonValue[]): boolean | undefined =>
  clientStatusQuestion(bytesOf(...matchers))?.isAsked(NODE);

const value = (path: string, matcher: JsonValue): JsonValue => ({
  nodeMetadatas: [{ path: path.split('.').map((key) => ({ key })), value: matcher }],
});

test.each<[JsonValue, boolean]>([
  [{ nodeId: { exact: 'edge-1' } }, true],
  [{ nodeId: { exact: 'Edge-1' } }, false],
  [{ nodeId: { exact: 'Edge-1', ignoreCase: true } }, true],
  [{ nodeId: { prefix: 'edge-' } }, true],
  [{ nodeId: { prefix: 'dge-' } }, false],
  [{ nodeId: { suffix: '-1' } }, true],
  [{ nodeId: { suffix: '-' } }, false],
  [{ nodeId: { contains: 'GE', ignoreCase: true } }, true],
  [{ nodeId: { contains: 'GE' } }, false],
  [value('track', { stringMatch: { exact: 'canary', ignoreCase: true } }), true],
  [value('track', { stringMatch: { exact: 'canary' } }), false],
  [value('weight', { stringMatch: { exact: '3' } }), false],
  [value('weight', { doubleMatch: { exact: 3 } }), true],
  [value('weight', { doubleMatch: { range: { start: 3, end: 4 } } }), true],
  [value('weight', { doubleMatch: { range: { start: 2, end: 3 } } }), false],
  [value('spare', { boolMatch: false }), true],
  [value('track', { boolMatch: false }), false],
  [value('nothing', { nullMatch: {} }), true],
  [value('missing', { nullMatch: {} }), false],
  [value('nothing', { presentMatch: true }), true],
  [value('missing', { presentMatch: true }), false],
  [value('deep', { presentMatch: true }), false],
  [value('deep.zone', { presentMatch: true }), true],
  [value('constructor.name', { presentMatch: true }), false],
  [value('tags', { listMatch: { oneOf: { stringMatch: { exact: 'b' } } } }), true],
  [value('tags', { listMatch: { oneOf: { stringMatch: { exact: 'c' } } } }), false],
  [value('weight', { orMatch: { valueMatchers: [{ boolMatch: true }, { doubleMatch: { exact: 3 } }] } }), true],
  [value('weight', { orMatch: { valueMatchers: [{ boolMatch: true }, { doubleMatch: { exact: 4 } }] } }), false],
])('%j: %s', (matcher, isTaken) => {
  expect(takes(matcher)).toBe(isTaken);
});

test('an Envoy is to fit all of one matcher, and one of several; without any, all do', () => {
  const isEdge = { nodeId: { exact: 'edge-1' } };
  const isBeta = value('track', { stringMatch: { exact: 'beta' } }) as JsonObject;
  expect(takes()).toBe(true);
  expect(takes({ ...isEdge, ...isBeta })).toBe(false);
  expect(takes(isBeta, isEdge)).toBe(true);
});

const nested = (depth: number): JsonValue =>
  depth === 0 ? { boolMatch: true } : { orMatch: { valueMatchers: [nested(depth - 1)] } };

test.each<[string, JsonValue, RegExp]>([
  ['no condition', {}, /^a node matcher without/],
  ['no text', { nodeId: {} }, /^node_id: want exact/],
  ['an empty prefix', { nodeId: { prefix: '' } }, /^node_id: prefix is empty$/],
  ['a regular expression', { nodeId: { safeRegex: { regex: '(a+)+b' } } }, /^node_id: safe_regex is not known here/],
  ['an extension', { nodeId: { custom: { name: 'own' } } }, /^node_id: want exact/],
  ['no path', { nodeMetadatas: [{ value: { boolMatch: true } }] }, /a path is wanted$/],
  ['an empty key', value('', { boolMatch: true }), /path: want a key$/],
  ['no value', { nodeMetadatas: [{ path: [{ key: 'a' }] }] }, /^node_metadatas a: a value is wanted$/],
  ['an empty value', value('a', {}), /a value matcher that is not known here$/],
  ['absence', value('a', { presentMatch: false }), /want true$/],
  ['an empty list', value('a', { listMatch: {} }), /want one_of$/],
  ['an empty choice', value('a', { orMatch: {} }), /want value_matchers$/],
  ['no number', value('a', { doubleMatch: {} }), /want range or exact$/],
  ['a text in a choice', value('a', { orMatch: { valueMatchers: [{ stringMatch: {} }] } }), /^node_metadatas a: want/],
  ['a nest', value('a', nested(20)), /deeper than 16 matchers$/],
])('%s cannot be matched', (_, matcher, words) => {
  expect(() => takes(matcher)).toThrow(BadMatcher);
  expect(() => takes(matcher)).toThrow(words);
});

test('a field of a newer API is refused: it would narrow what is asked for', () => {
  // A node matcher with field 15, a varint.
  const newer = Buffer.from([0x0a, 0x02, 0x78, 0x01]);
  expect(() => clientStatusQuestion(newer)).toThrow('a node matcher: field 15 is not known here');
  expect(clientStatusQuestion(Buffer.from([0x0a, 0x7f]))).toBeUndefined();
});
