import { isJsonObject, type JsonValue } from '../../render/json.ts';

export const REDACTED = '[redacted]';

/** Header names whose values give access to something. Compared in lower case. */
const SECRET_HEADERS = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
  'x-api-key',
  'api-key',
  'x-auth-token',
  'x-amz-security-token',
]);

/** Members (lower case, without `_`) below which every inline data source is a secret. */
const SECRET_MEMBERS = new Set([
  'privatekey',
  'genericsecret',
  'sessionticketkeys',
  'password',
  'hmacsecret',
  'tokensecret',
  'clientsecret',
  'secretaccesskey',
  'sessiontoken',
  'apikey',
  'pkcs12',
]);

/** Messages in which every inline data source is a secret. */
const SECRET_TYPES = /\.(tls\.v3\.(Secret|TlsCertificate|GenericSecret)|basic_auth\.v3\.\w+|api_key_auth\.v3\.\w+)$/;
const INLINE = new Set(['inlinestring', 'inlinebytes']);

const PEM_KEY = /-----BEGIN ([A-Z0-9 ]*PRIVATE KEY)-----[\s\S]*?(?:-----END \1-----|$)/g;
const HEADER_IN_TEXT =
  /((?:proxy-)?authorization|set-cookie|cookie|x-api-key|api-key|x-auth-token)(\\?["']?\s*[:=,]\s*\\?["']?)((?:(?:bearer|basic|digest|negotiate)\s+)?[^\s"'\\,;}\]]+)/gi;
const USER_INFO = /(\b[a-z][a-z0-9+.-]*:\/\/[^/\s:@]*):[^/\s@]+@/gi;

/** Private keys, credentials in headers and passwords in URLs, wherever they stand in free text such as a log. */
export const redactText = (text: string): string =>
  text
    .replace(PEM_KEY, `-----BEGIN $1----- ${REDACTED}`)
    .replace(HEADER_IN_TEXT, (_, name: string, between: string) => `${name}${between}${REDACTED}`)
    .replace(USER_INFO, `$1:${REDACTED}@`);

/**
 * A copy of JSON-like `value` without what looks like a secret: inline data of secrets, private keys and basic-auth users, values of headers such as
 * `authorization`, and in every string what `redactText` finds. Names and structure stay, so that it still tells what was there.
 */
export function redact(value: unknown): JsonValue {
  return walk(value, false);
}

function walk(value: unknown, secret: boolean): JsonValue {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => walk(item, secret));
  if (!isJsonObject(value)) return null;
  const type = value['@type'];
  const inSecret = secret || (typeof type === 'string' && SECRET_TYPES.test(type));
  const secretHeader = namesSecretHeader(value);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .map(([key, member]): [string, JsonValue] => {
      const plain = key.replaceAll('_', '').toLowerCase();
      if (secretHeader && (plain === 'value' || plain === 'rawvalue')) return [key, REDACTED];
      if (inSecret && INLINE.has(plain)) return [key, REDACTED];
      if (SECRET_HEADERS.has(key.toLowerCase()) && typeof member === 'string') return [key, REDACTED];
      const below = inSecret || SECRET_MEMBERS.has(plain);
      if (SECRET_MEMBERS.has(plain) && typeof member === 'string') return [key, REDACTED];
      return [key, walk(member, below)];
    });
  return Object.fromEntries(members);
}

/** `{ key: authorization, value: … }`, as Envoy writes headers and metadata. */
function namesSecretHeader(value: { readonly [key: string]: unknown }): boolean {
  const name = value.key ?? value.name ?? value.headerName ?? value.header_name;
  return typeof name === 'string' && SECRET_HEADERS.has(name.toLowerCase());
}
