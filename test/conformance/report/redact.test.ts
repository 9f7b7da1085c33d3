import { expect, test } from 'vitest';
import { REDACTED, redact, redactText } from '../../../conformance/report/redact.ts';

const PEM = '-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIBmysecret\n-----END EC PRIVATE KEY-----';

const HIDDEN: readonly (readonly [string, unknown])[] = [
  [
    'a private key of a TLS context',
    { commonTlsContext: { tlsCertificates: [{ privateKey: { inlineString: 'hush' } }] } },
  ],
  ['the same in the source’s own spelling', { private_key: { inline_bytes: 'hush' } }],
  [
    'a generic secret',
    {
      '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret',
      generic_secret: { secret: { inline_string: 'hush' } },
    },
  ],
  [
    'users of basic auth',
    {
      '@type': 'type.googleapis.com/envoy.extensions.filters.http.basic_auth.v3.BasicAuth',
      users: { inlineString: 'user:{SHA}hush' },
    },
  ],
  ['session ticket keys', { sessionTicketKeys: { keys: [{ inlineBytes: 'hush' }] } }],
  ['a header that is added', { requestHeadersToAdd: [{ header: { key: 'Authorization', value: 'Bearer hush' } }] }],
  ['a header of a request', { headers: { authorization: 'Bearer hush', accept: '*/*' } }],
  ['initial metadata of gRPC', { initialMetadata: [{ key: 'x-api-key', value: 'hush' }] }],
  ['a password', { password: 'hush' }],
  ['a PEM key anywhere', { note: PEM.replace('mysecret', 'hush') }],
  ['a password in a URL', { uri: 'redis://user:hush@10.0.0.1:6379' }],
  ['a token in a sentence', { saw: 'status 401 for authorization: Bearer hush' }],
];

test.each(HIDDEN)('%s is not shown', (_, value) => {
  const text = JSON.stringify(redact(value));
  expect(text).not.toContain('hush');
  expect(text).toContain(REDACTED);
});

const SHOWN: readonly (readonly [string, unknown])[] = [
  ['a body of a direct response', { directResponse: { status: 200, body: { inlineString: 'ok' } } }],
  ['a header that gives access to nothing', { header: { key: 'x-request-id', value: '7' } }],
  ['numbers, booleans and nothing', { weight: 5, enabled: false, none: null, list: [1, 2] }],
  ['a certificate', { certificate: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----' }],
  ['a URL without a password', { uri: 'http://10.0.0.1:8080/a@b' }],
];

test.each(SHOWN)('%s stays', (_, value) => {
  expect(redact(value)).toEqual(value);
});

test('a log keeps everything but the secret', () => {
  const log = `before\n${PEM}\nauthorization: Basic dXNlcjpwYXNz\nafter`;
  const shown = redactText(log);
  expect(shown).toContain('before');
  expect(shown).toContain('after');
  expect(shown).not.toContain('mysecret');
  expect(shown).not.toContain('dXNlcjpwYXNz');
});

test('a key that was cut off in the middle is still a key', () => {
  expect(redactText('-----BEGIN PRIVATE KEY-----\nMHcCAQEEIBmysecret')).not.toContain('mysecret');
});

test('the value that was given is not changed', () => {
  const value = { password: 'hush' };
  redact(value);
  expect(value).toEqual({ password: 'hush' });
});
