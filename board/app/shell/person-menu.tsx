import { Icon } from '../components/icon.tsx';
import { signOut } from '../live/act.ts';
import { shownOf } from '../live/answers.ts';
import { useAnswer } from '../live/board-answers.ts';
import { readMe } from '../live/reads.ts';

/** The way to sign in, and back to this page. */
export const signInHref = (href: string): string =>
  `${href}?to=${encodeURIComponent(location.pathname + location.search)}`;

/** Who is signed in, or how to; where nobody can be, that the board only shows. */
export function PersonMenu() {
  const me = shownOf(useAnswer(readMe));
  if (!me) return null;
  const { signIn } = me;
  switch (signIn.kind) {
    case 'off':
      return (
        <span class="person" title={signIn.why}>
          read only
        </span>
      );
    case 'out':
      return (
        <a class="button" href={signInHref(signIn.href)}>
          Sign in
        </a>
      );
    case 'in':
      return (
        <span class="person">
          <Icon name="person" />
          <b title={signIn.identity}>{signIn.person ?? signIn.name}</b>
          <button type="button" class="button-quiet" onClick={() => void signOut(signIn.csrf)}>
            Sign out
          </button>
        </span>
      );
    default:
      return signIn satisfies never;
  }
}
