import { expect, test } from 'vitest';
import { hostInUrl, listenAddress } from '../../cli/listen-address.ts';

test.each([
  ['127.0.0.1:3000', { host: '127.0.0.1', port: 3000 }],
  ['localhost:0', { host: 'localhost', port: 0 }],
  ['[::1]:18000', { host: '::1', port: 18_000 }],
])('%s', (text, want) => {
  expect(listenAddress('--listen', text, '0.0.0.0:3000')).toEqual(want);
});

test.each(['3000', ':3000', 'localhost', 'localhost:', 'a:65536', '::1:3000', '[::1]', 'a b:c', 'a:1:2', ''])(
  '"%s" is no address, and the answer says what is',
  (text) => {
    expect(() => listenAddress('--health', text, '127.0.0.1:9090')).toThrow(
      `--health ${text}: want HOST:PORT, such as 127.0.0.1:9090 or [::1]:9090`,
    );
  },
);

test('in a URL, IPv6 has brackets', () => {
  expect(['::1', 'localhost'].map(hostInUrl)).toEqual(['[::1]', 'localhost']);
});
