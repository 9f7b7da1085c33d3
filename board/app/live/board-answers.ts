import { useEffect } from 'preact/hooks';
import { type Answered, Answers } from './answers.ts';
import type { Read } from './read.ts';

/** Those of this page. */
export const answers = new Answers();

/** What the server says, kept current as long as the component is there. */
export function useAnswer<T>(read: Read<T>): Answered<T> {
  useEffect(() => answers.use(read), [read.key]);
  return answers.of(read).value;
}
