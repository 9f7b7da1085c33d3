import { expect } from 'vitest';
import { engineFinding } from '../../../pipeline/engine/engine-finding.ts';
import type { Observation } from '../../../pipeline/observe/observation.ts';
import type { Digest } from '../../../render/ids.ts';
import type { World } from './engine-world.ts';

/** A commit of the mesh that renders to other bytes for each number of seconds. */
export const change = (mesh: World, seconds: number, author?: string) =>
  mesh.commit({ 'runtime.yaml': `- name: limits\n  layer: { request_timeout: ${seconds} }\n` }, author);

/** A change that is promoted into a stage: its digest is live there. */
export async function landed(mesh: World, seconds: number, stage = mesh.beta): Promise<Digest> {
  await change(mesh, seconds);
  const { promotion } = await mesh.as('ada')({ kind: 'promote', stage, revision: 'main', reason: '' });
  await mesh.settle();
  expect(await mesh.standing(promotion ?? '')).toBe('promoted');
  const { live } = await mesh.store.read.stage(stage);
  return live?.digest as Digest;
}

/** What a fleet shows that does not take it. */
export const HARM: Observation = {
  kind: 'harm',
  findings: [engineFinding('not-observed', undefined, 'a NACK', 'an ACK')],
  document: '{"harm":true}',
};
/** Of a fleet of which nobody can tell. */
export const NOTHING: Observation = { kind: 'inconclusive', findings: [], document: '{"nothing":true}' };
