import type { z } from 'zod';
import { BoardRefusal } from './board-refusal.ts';

/** Reads what a request says by a schema. Throws `BoardRefusal` that names every member that is wrong. */
export const checked =
  <S extends z.ZodType>(schema: S) =>
  (given: unknown): z.output<S> => {
    const read = schema.safeParse(given);
    if (read.success) return read.data;
    const problems = read.error.issues.map(({ path, message }) => `${path.join('.') || 'the whole'}: ${message}`);
    throw new BoardRefusal(
      400,
      'board-bad-request',
      problems.slice(0, 10).join('; ').slice(0, 1_000),
      'see docs/board.md',
    );
  };
