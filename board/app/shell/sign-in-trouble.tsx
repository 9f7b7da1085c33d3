import { useLocation } from 'preact-iso';
import { Trouble } from '../components/trouble.tsx';

/** Why somebody is not signed in though they tried; the code stands in the address. */
const TROUBLES: Readonly<Record<string, readonly [problem: string, want: string]>> = {
  'provider-away': ['The sign-in provider does not answer.', 'Try again in a while.'],
  'begin-again': ['That sign-in took too long, or was begun in another browser.', 'Sign in once more.'],
  nobody: ['You are signed in there, and nobody of this mesh here.', 'A name in access.people of mesh.yaml.'],
  refused: ['The sign-in provider said no.', 'Sign in once more, or ask whoever runs it.'],
  'cannot-tell': ['Nobody could tell who you are here.', 'Try again in a while.'],
};

export function SignInTrouble() {
  const { query } = useLocation();
  const found = TROUBLES[query['sign-in'] ?? ''];
  if (!found) return null;
  return <Trouble problem={{ rule: '', problem: found[0], want: found[1] }} />;
}
