import type { MeshConfig } from '../../../render/config/mesh-config.ts';
import { type Finding, renderFinding } from '../../../render/finding.ts';
import type { Revision } from '../../ids.ts';
import type { EnginePorts } from '../ports.ts';
import { PolicyUnknown } from '../step.ts';

export type ReadableMesh = {
  readonly revision: Revision;
  readonly config: MeshConfig;
  /** Why it is not the head of the protected branch, in words; undefined: it is. */
  readonly instead: string | undefined;
};

/** So many revisions of the protected branch are tried, its head included. */
const LOOK_BACK = 50;

/**
 * The mesh config at the head of the protected branch; where that has errors, of the newest revision before it that has none, and where
 * the repository's server does not answer, as it was known last. For questions, and for what must work when things burn: stopping,
 * freezing, who somebody is. Never for what is promoted. Rejects with `PolicyUnknown` when none can be read: then nothing may happen.
 */
export async function readableMesh(
  { source, revisions }: Pick<EnginePorts, 'source' | 'revisions'>,
  signal?: AbortSignal,
): Promise<ReadableMesh> {
  let away: string | undefined;
  let head: Revision;
  try {
    head = await source.head(signal);
  } catch (fault) {
    if (signal?.aborted) throw fault;
    away = `${source.name} cannot be looked at (${fault instanceof Error ? fault.message : String(fault)})`;
    head = await source.knownHead(signal);
  }
  const { found, findings } = await lastReadable(head, { source, revisions }, signal);
  const broken = `the mesh.yaml at the head of ${source.name} has errors: ${errorsOf(findings)}`;
  if (!found) throw new PolicyUnknown(`${broken}; and none before it is known that has not`);
  const reasons = [...(away === undefined ? [] : [away]), ...(findings.length === 0 ? [] : [broken])];
  return { ...found, instead: reasons.length === 0 ? undefined : reasons.join('; ') };
}

/** The newest revision from `head` on back whose `mesh.yaml` can be read, and the findings of `head` where that is another one. */
export async function lastReadable(
  head: Revision,
  { source, revisions }: Pick<EnginePorts, 'source' | 'revisions'>,
  signal?: AbortSignal,
): Promise<{
  readonly found: Pick<ReadableMesh, 'revision' | 'config'> | undefined;
  readonly findings: readonly Finding[];
}> {
  let findings: readonly Finding[] = [];
  for (const revision of await source.firstParents(head, LOOK_BACK, signal)) {
    const read = await revisions.config(revision, signal);
    if (read.kind === 'read') return { found: { revision, config: read.config }, findings };
    if (revision === head) findings = read.findings;
  }
  return { found: undefined, findings };
}

const errorsOf = (findings: readonly Finding[]): string =>
  findings
    .filter(({ severity }) => severity === 'error')
    .slice(0, 3)
    .map(renderFinding)
    .join('; ');
