/** How a provider's claims name somebody. */
export type IdentityRule =
  /** "Sign in with Slack": the team and the user, so that the same person is the same in Slack and here. */
  | { readonly kind: 'slack' }
  /** A claim that holds a login (`ada`: `unix:ada` of `access.people`) or a canonical identity of Slack. */
  | { readonly kind: 'claim'; readonly name: string };

type Claims = Readonly<Record<string, unknown>>;

/** https://docs.slack.dev/authentication/sign-in-with-slack */
const TEAM = 'https://slack.com/team_id';
const USER = 'https://slack.com/user_id';

/** The canonical identity; undefined: the claims name nobody that a mesh could know. */
export function identityOfClaims(claims: Claims, rule: IdentityRule): string | undefined {
  if (rule.kind === 'slack') {
    const [team, user] = [claims[TEAM], claims[USER]];
    if (typeof team !== 'string' || typeof user !== 'string') return undefined;
    return /^[TE][A-Z0-9]{1,30}$/.test(team) && /^[UW][A-Z0-9]{1,30}$/.test(user) ? `slack:${team}/${user}` : undefined;
  }
  const said = Object.hasOwn(claims, rule.name) ? claims[rule.name] : undefined;
  if (typeof said !== 'string') return undefined;
  if (/^slack:[TE][A-Z0-9]{1,30}\/[UW][A-Z0-9]{1,30}$/.test(said)) return said;
  return /^[\p{L}\p{N}._@+-]{1,100}$/u.test(said) ? `unix:${said}` : undefined;
}

/** What pages call somebody. */
export function nameOfClaims(claims: Claims, identity: string): string {
  for (const name of ['name', 'preferred_username', 'email']) {
    const said = claims[name];
    if (typeof said === 'string' && said.trim() !== '') return said.trim().slice(0, 200);
  }
  return identity;
}
