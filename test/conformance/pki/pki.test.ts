import { createPrivateKey, createPublicKey, verify, X509Certificate } from 'node:crypto';
import { expect, test } from 'vitest';
import { createPki, sharedPki } from '../../../conformance/pki/pki.ts';

const NOW = Date.UTC(2026, 5, 1);

test('a leaf carries the names asked for, is signed by the authority and fits its key', async () => {
  const pki = await createPki(NOW);
  const { certificate, privateKey } = await pki.issue({
    dns: ['pay.example.com', '*.example.com'],
    uri: ['spiffe://mesh/ns/default/sa/pay'],
    ip: ['10.0.0.7', '::1'],
  });
  const authority = new X509Certificate(pki.caCertificate);
  const leaf = new X509Certificate(certificate);
  expect(authority.ca).toBe(true);
  expect(leaf.ca).toBe(false);
  expect(leaf.verify(authority.publicKey)).toBe(true);
  expect(leaf.checkIssued(authority)).toBe(true);
  expect(leaf.subjectAltName).toBe(
    'DNS:*.example.com, DNS:pay.example.com, URI:spiffe://mesh/ns/default/sa/pay, IP Address:10.0.0.7, IP Address:0:0:0:0:0:0:0:1',
  );
  expect(leaf.checkPrivateKey(createPrivateKey(privateKey))).toBe(true);
  expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
  expect(Date.parse(leaf.validFrom)).toBeLessThan(NOW);
  expect(Date.parse(leaf.validTo)).toBe(NOW + 24 * 60 * 60 * 1000);
});

test('the same set of names gives the same certificate, in any order; two authorities do not know each other', async () => {
  const [one, two] = await Promise.all([createPki(NOW), createPki(NOW)]);
  const first = await one.issue({ dns: ['a', 'b', 'a'], uri: [], ip: [] });
  expect(await one.issue({ dns: ['b', 'a'], uri: [], ip: [] })).toBe(first);
  const other = await two.issue({ dns: ['a', 'b'], uri: [], ip: [] });
  expect(new X509Certificate(other.certificate).verify(new X509Certificate(one.caCertificate).publicKey)).toBe(false);
  expect(new X509Certificate(one.certificate).subjectAltName).toContain('IP Address:127.0.0.1');
});

test.each([
  { dns: ['füß.example'], uri: [], ip: [] },
  { dns: [''], uri: [], ip: [] },
  { dns: [], uri: [], ip: ['10.0.0'] },
])('a name that no certificate can carry is refused: %j', async (names) => {
  const pki = await sharedPki();
  await expect(pki.issue(names)).rejects.toThrow(/^certificate name ".*": /);
  expect(await sharedPki()).toBe(pki);
});

test('tokens verify against the key set', async () => {
  const pki = await createPki(NOW);
  const token = pki.signJwt({ iss: 'https://issuer', aud: ['mesh'] });
  const [header = '', claims = '', signature = ''] = token.split('.');
  const [jwk] = JSON.parse(pki.jwks).keys;
  expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toEqual({ alg: 'ES256', kid: jwk.kid, typ: 'JWT' });
  expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toEqual({
    iss: 'https://issuer',
    aud: ['mesh'],
    iat: NOW / 1000,
    exp: NOW / 1000 + 86_400,
  });
  const key = { key: createPublicKey({ key: jwk, format: 'jwk' }), dsaEncoding: 'ieee-p1363' as const };
  expect(verify('sha256', Buffer.from(`${header}.${claims}`), key, Buffer.from(signature, 'base64url'))).toBe(true);
  expect(verify('sha256', Buffer.from(`${header}.x${claims}`), key, Buffer.from(signature, 'base64url'))).toBe(false);
});
