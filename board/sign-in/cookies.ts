import { parse, serialize } from 'hono/utils/cookie';

export const cookieOf = (request: Request, name: string): string | undefined =>
  parse(request.headers.get('cookie') ?? '', name)[name];

export type CookieKind = 'session' | 'sign-in';

/**
 * Names and attributes of the board's cookies. Over HTTPS they bear the prefix with which a browser takes them from this very host
 * alone. https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Set-Cookie#cookie_prefixes
 */
export function cookies(isSecure: boolean) {
  const prefix = isSecure ? '__Host-' : '';
  const name = (kind: CookieKind): string => `${prefix}meshgate-${kind}`;
  return {
    name,
    /** The provider sends people back from its own site: its cookie is `Lax`, and that of the session is not. */
    set: (kind: CookieKind, value: string, maxAgeS: number): string =>
      serialize(name(kind), value, {
        path: '/',
        httpOnly: true,
        secure: isSecure,
        sameSite: kind === 'session' ? 'Strict' : 'Lax',
        maxAge: Math.max(0, Math.floor(maxAgeS)),
      }),
    clear: (kind: CookieKind): string =>
      serialize(name(kind), '', {
        path: '/',
        httpOnly: true,
        secure: isSecure,
        sameSite: kind === 'session' ? 'Strict' : 'Lax',
        maxAge: 0,
      }),
  };
}
export type Cookies = ReturnType<typeof cookies>;
