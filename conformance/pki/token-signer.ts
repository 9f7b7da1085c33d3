import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto';

/** JSON Web Tokens that a cell's JWT filters accept once they have fetched the key set from a stand-in. */
export type TokenSigner = {
  /** The key set document (RFC 7517) that stand-ins answer for JWKS requests. */
  readonly jwks: string;
  /**
   * A compact JWS (RFC 7515), ES256, with these claims; `iat` and `exp` (a day later) are added unless given.
   */
  signJwt(claims: Readonly<Record<string, unknown>>): string;
};

const DAY_SECONDS = 24 * 60 * 60;

export function createTokenSigner(privateKeyPem: string, nowEpochMs: number): TokenSigner {
  const key = createPrivateKey(privateKeyPem);
  const { x, y } = createPublicKey(key).export({ format: 'jwk' });
  // The thumbprint of RFC 7638: members in alphabetical order, no spaces.
  const kid = createHash('sha256')
    .update(JSON.stringify({ crv: 'P-256', kty: 'EC', x, y }))
    .digest('base64url');
  const header = base64Json({ alg: 'ES256', kid, typ: 'JWT' });
  const issuedAt = Math.floor(nowEpochMs / 1000);
  return {
    jwks: JSON.stringify({ keys: [{ kty: 'EC', crv: 'P-256', x, y, kid, alg: 'ES256', use: 'sig' }] }),
    signJwt(claims) {
      const signed = `${header}.${base64Json({ iat: issuedAt, exp: issuedAt + DAY_SECONDS, ...claims })}`;
      const signature = sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' });
      return `${signed}.${signature.toString('base64url')}`;
    },
  };
}

const base64Json = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
