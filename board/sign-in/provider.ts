import * as client from 'openid-client';
import { type IdentityRule, identityOfClaims, nameOfClaims } from './identity-of-claims.ts';

export type ProviderSettings = {
  /** `https://slack.com`, or whichever publishes `/.well-known/openid-configuration`. */
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly identity: IdentityRule;
  /** Where the provider sends people back to: `https://board.example/sign-in/callback`. */
  readonly redirectUri: string;
};

/** What is remembered of a sign-in until the provider sends the person back. */
export type Ticket = { readonly state: string; readonly nonce: string; readonly verifier: string };

export type SignedIn = { readonly identity: string; readonly name: string };

/** An OpenID provider, asked by the authorisation code flow with PKCE, state and nonce. */
export type Provider = {
  /** Where to send the browser. Rejects when the provider does not say. */
  begin(): Promise<{ readonly url: URL; readonly ticket: Ticket }>;
  /** Rejects for whatever is not the answer to that ticket. */
  finish(current: URL, ticket: Ticket): Promise<SignedIn>;
};

/** What the provider says of somebody names nobody. */
export class NobodyNamed extends Error {
  override readonly name = 'NobodyNamed';
}

const WITHIN_S = 10;

/** The provider is asked what it is when it is first needed, and again later where that failed: the board starts without it. */
export function openIdProvider(settings: ProviderSettings): Provider {
  const { issuer, clientId, clientSecret, redirectUri } = settings;
  let found: Promise<client.Configuration> | undefined;
  const configuration = async (): Promise<client.Configuration> => {
    const url = new URL(issuer);
    // Only a provider of this machine, in tests and on a laptop, is without TLS; settings refuse any other.
    const execute = url.protocol === 'http:' ? [client.allowInsecureRequests] : [];
    found ??= client.discovery(url, clientId, clientSecret, undefined, { execute, timeout: WITHIN_S });
    try {
      return await found;
    } catch (fault) {
      found = undefined;
      throw fault;
    }
  };
  return {
    async begin() {
      const config = await configuration();
      const ticket = {
        state: client.randomState(),
        nonce: client.randomNonce(),
        verifier: client.randomPKCECodeVerifier(),
      };
      const url = client.buildAuthorizationUrl(config, {
        redirect_uri: redirectUri,
        scope: 'openid profile',
        state: ticket.state,
        nonce: ticket.nonce,
        code_challenge: await client.calculatePKCECodeChallenge(ticket.verifier),
        code_challenge_method: 'S256',
      });
      return { url, ticket };
    },
    async finish(current, { state, nonce, verifier }) {
      const config = await configuration();
      // What the provider knows the board by, whatever a proxy made of the request.
      const url = new URL(redirectUri);
      url.search = current.search;
      const tokens = await client.authorizationCodeGrant(config, url, {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: verifier,
        idTokenExpected: true,
      });
      const claims = tokens.claims() ?? {};
      const identity = identityOfClaims(claims, settings.identity);
      if (identity === undefined) throw new NobodyNamed('what the provider says names nobody that a mesh knows');
      return { identity, name: nameOfClaims(claims, identity) };
    },
  };
}
