import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Provider } from 'oidc-provider';

/** Who the provider says is there, with the claims that it tells of them; somebody signs in as a matter of being named. */
export type Accounts = Record<string, Readonly<Record<string, unknown>>>;

export interface RealProvider extends AsyncDisposable {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Whoever comes next is this one. */
  next: string;
  /** What the board asked for, newest last. */
  readonly asked: URL[];
}

/** A certified OpenID provider, as a board meets one: discovery, signed tokens, PKCE demanded, codes good once. */
export async function startProvider(accounts: Accounts, redirectUri: string): Promise<RealProvider> {
  let handle: ((...args: Parameters<ReturnType<Provider['callback']>>) => unknown) | undefined;
  const server = createServer((request, response) => void handle?.(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const [clientId, clientSecret] = ['board', 'a-secret-of-the-board-and-the-provider'];
  const asked: URL[] = [];
  const self = { next: Object.keys(accounts)[0] ?? '' };
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: clientId,
        client_secret: clientSecret,
        redirect_uris: [redirectUri],
        token_endpoint_auth_method: 'client_secret_post',
      },
    ],
    pkce: { required: () => true },
    // As Slack does: all claims in the token.
    conformIdTokenClaims: false,
    claims: { profile: [...new Set(Object.values(accounts).flatMap((claims) => Object.keys(claims)))] },
    findAccount: (_context, id) => ({ accountId: id, claims: async () => ({ sub: id, ...accounts[id] }) }),
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
    cookies: { keys: ['of the tests'] },
    ttl: { Interaction: 60, Session: 60, Grant: 60, AccessToken: 60, IdToken: 60, AuthorizationCode: 60 },
  });
  const answer = provider.callback();
  handle = async (request, response) => {
    const url = new URL(request.url ?? '/', issuer);
    if (url.pathname === '/auth' && url.searchParams.has('state')) asked.push(url);
    if (!url.pathname.startsWith('/interaction/')) return void (await answer(request, response));
    const { prompt, params, grantId } = await provider.interactionDetails(request, response);
    if (prompt.name === 'login')
      return provider.interactionFinished(request, response, { login: { accountId: self.next } });
    const grant =
      (grantId && (await provider.Grant.find(grantId))) ||
      new provider.Grant({ accountId: self.next, clientId: String(params.client_id) });
    grant.addOIDCScope('openid profile');
    return provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } });
  };
  return Object.assign(self, {
    issuer,
    clientId,
    clientSecret,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}
