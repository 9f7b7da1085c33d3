export type RemoteAddress = {
  /** Without user and password, except the user of ssh, which is no secret. */
  readonly url: string;
  /** Git settings by environment: they hold the secrets. */
  readonly env: Readonly<Record<string, string>>;
  readonly secrets: readonly string[];
};

const URL_LIKE = /^[a-z][a-z0-9+.-]*:\/\//i;
/** `git@host:path`, as ssh users write it. */
const SCP_LIKE = /^[^/\s:@-][^/\s:@]*@[^/\s:@-][^/\s:@]*:[^\s]+$/;

export const isRemote = (repository: string): boolean => URL_LIKE.test(repository) || SCP_LIKE.test(repository);

/** Takes the secrets out of the address: they must be neither on a command line nor in a name. */
export function remoteAddress(repository: string, token: string | undefined): RemoteAddress {
  const url = URL.canParse(repository) && URL_LIKE.test(repository) ? new URL(repository) : undefined;
  if (!url || url.protocol === 'file:') return { url: repository, env: {}, secrets: [] };
  const [user, password] = [decoded(url.username), decoded(url.password)];
  url.password = '';
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    return { url: url.href, env: {}, secrets: password === '' ? [] : [password] };
  }
  url.username = '';
  const secret = token ?? (password !== '' ? password : undefined);
  // a lone "user" in an https address is how access tokens are often written
  const lone = secret === undefined && user !== '' ? user : undefined;
  if (secret === undefined && lone === undefined) return { url: url.href, env: {}, secrets: [] };
  const login = lone !== undefined ? `${lone}:` : `${user === '' ? 'meshgate' : user}:${secret}`;
  const basic = Buffer.from(login).toString('base64');
  return {
    url: url.href,
    env: {
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: `http.${url.origin}/.extraHeader`,
      GIT_CONFIG_VALUE_0: `Authorization: Basic ${basic}`,
    },
    secrets: [secret ?? '', lone ?? '', password, basic].filter(Boolean),
  };
}

/** As written where it is no URL encoding. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
