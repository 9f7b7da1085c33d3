import type { ComponentChildren } from 'preact';
import { Empty } from '../components/empty.tsx';
import { shownOf } from '../live/answers.ts';
import { useAnswer } from '../live/board-answers.ts';
import { readMe } from '../live/reads.ts';
import { signInHref } from './person-menu.tsx';

/** Where nothing is shown before somebody is signed in, the way to do so; else what it stands around. */
export function SignInWall({ children }: { readonly children: ComponentChildren }) {
  const me = shownOf(useAnswer(readMe));
  if (me?.signIn.kind !== 'out' || !me.signIn.demanded) return <>{children}</>;
  return (
    <>
      <header class="page-head">
        <h1 tabIndex={-1}>Sign in</h1>
      </header>
      <Empty icon="key" title="This board is shown to people who are signed in.">
        <a class="button button-main" href={signInHref(me.signIn.href)}>
          Sign in
        </a>
      </Empty>
    </>
  );
}
