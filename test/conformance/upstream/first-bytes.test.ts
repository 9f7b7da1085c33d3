import { expect, test } from 'vitest';
import { spokenIn } from '../../../conformance/upstream/first-bytes.ts';
import { readProxyProtocol } from '../../../conformance/upstream/proxy-protocol.ts';

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

test.each([
  ['GET / HTTP/1.1', 'http/1.1'],
  ['M-SEARCH * HTTP/1.1', 'http/1.1'],
  ['CONNECT a:1 HTTP/1.1', 'http/1.1'],
  ['P', 'undecided'],
  ['PRI', 'undecided'],
  ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r', 'undecided'],
  [PREFACE, 'h2'],
  [`${PREFACE}\0\0\0`, 'h2'],
  ['\x16\x03\x01\x02', 'tls'],
  ['\x16\x03', 'undecided'],
  ['\x16\x09\x01', 'tcp'],
  ['', 'undecided'],
  ['hello', 'tcp'],
  ['GETA', 'tcp'],
  ['get / HTTP/1.1', 'tcp'],
  ['\0\0', 'tcp'],
])('%j is %s', (bytes, kind) => {
  expect(spokenIn(Buffer.from(bytes, 'latin1'), []).kind).toBe(kind);
});

test('a health check of the spec goes before everything else', () => {
  const check = { send: Buffer.from('GET'), receive: Buffer.from('ok') };
  expect(spokenIn(Buffer.from('GE'), [check])).toEqual({ kind: 'undecided' });
  expect(spokenIn(Buffer.from('GET /'), [check])).toEqual({ kind: 'tcp-health-check', check });
});

const V2 = '0d0a0d0a000d0a515549540a';
test.each([
  ['PROXY TCP4 1.2.3.4 5.6.7.8 10 20\r\nGET', { source: '1.2.3.4:10', destination: '5.6.7.8:20', version: 1 }, 34],
  ['PROXY TCP6 ::1 ::2 10 20\r\n', { source: '[::1]:10', destination: '[::2]:20', version: 1 }, 26],
  ['PROXY UNKNOWN\r\n', { source: undefined, destination: undefined, version: 1 }, 15],
  [`hex:${V2}2111000c01020304050607080010ff01`, { source: '1.2.3.4:16', destination: '5.6.7.8:65281', version: 2 }, 28],
  [
    `hex:${V2}2121002420010db8000000000000000000000001${'0'.repeat(31)}2000a0014`,
    { source: '[2001:db8::1]:10', destination: '[::2]:20', version: 2 },
    52,
  ],
  [`hex:${V2}20000000`, { source: undefined, destination: undefined, version: 2 }, 16],
])('PROXY protocol %s', (text, header, length) => {
  const bytes = text.startsWith('hex:') ? Buffer.from(text.slice(4), 'hex') : Buffer.from(text);
  expect(readProxyProtocol(bytes)).toEqual({ kind: 'header', header, length });
  for (let cut = 1; cut < length; cut++) expect(readProxyProtocol(bytes.subarray(0, cut)).kind).toBe('undecided');
});

test('what only begins like a PROXY protocol header is none', () => {
  expect(readProxyProtocol(Buffer.from('POST / HTTP/1.1')).kind).toBe('absent');
  expect(readProxyProtocol(Buffer.from(`PROXY ${'x'.repeat(200)}`)).kind).toBe('absent');
});
