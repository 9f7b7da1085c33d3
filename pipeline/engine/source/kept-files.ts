import type { RevisionFiles } from '../../../render/revision/read-revision.ts';
import type { Revision } from '../../ids.ts';
import { keepLast } from '../../keep-last.ts';

const MAX_REVISIONS = 8;
const MAX_BYTES = 32 * 1024 * 1024;

/**
 * The files of the revisions that were read last, up to 8 of them and 32 MiB: a promotion reads the same two or three again at each of
 * its steps, and each reading is four starts of git.
 */
export function keptFiles(read: (revision: Revision, signal?: AbortSignal) => Promise<RevisionFiles>) {
  const kept = new Map<Revision, RevisionFiles>();
  const bytes = (): number => [...kept.values()].reduce((sum, { files }) => sum + sizeOf(files), 0);
  return async (revision: Revision, signal?: AbortSignal): Promise<RevisionFiles> => {
    const found = kept.get(revision) ?? (await read(revision, signal));
    keepLast(kept, revision, found, () => kept.size <= MAX_REVISIONS && bytes() <= MAX_BYTES);
    return found;
  };
}

const sizeOf = (files: RevisionFiles['files']): number => files.reduce((sum, { content }) => sum + content.length, 0);
