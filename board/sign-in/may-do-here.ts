import { mayDo } from '../../pipeline/access/may-do.ts';
import { peopleDirectory } from '../../pipeline/access/people-directory.ts';
import type { Policy, Role } from '../../pipeline/access/policy.ts';
import { policyOf } from '../../pipeline/access/policy-of.ts';
import type { SlackPeople } from '../../pipeline/access/slack-people.ts';
import type { Caller, Person } from '../../pipeline/commands/pipeline.ts';
import type { EnginePorts } from '../../pipeline/engine/ports.ts';
import type { ReadableMesh } from '../../pipeline/engine/source/readable-mesh.ts';
import { policyAt, rulingRevision } from '../../pipeline/engine/step.ts';
import { EVERYBODY } from '../../render/config/access-config.ts';
import type { ActionKind } from '../api/types/action.ts';

/** The role that each command asks for, beside the rules of its own that it is judged by when it comes. */
const ROLE_OF: { readonly [A in ActionKind]: Role } = {
  promote: 'request',
  retry: 'request',
  cancel: 'request',
  adopt: 'request',
  approve: 'approve',
  reject: 'approve',
  rollback: 'rollback',
  reconcile: 'rollback',
  release: 'release',
  freeze: 'freeze',
  unfreeze: 'freeze',
  stop: 'freeze',
  resume: 'freeze',
  'break-glass': 'break-glass',
  confirm: 'break-glass',
};

export type Somebody = { readonly person: Person; readonly may: Readonly<Record<string, readonly ActionKind[]>> };
export type PeoplePorts = Pick<EnginePorts, 'store' | 'revisions'> & {
  readonly mesh: () => Promise<ReadableMesh>;
  readonly slack: SlackPeople | undefined;
};

/**
 * Who somebody is in the mesh as it is now, and what they may do by stage; undefined: nobody of it. It decides what pages offer and
 * whether they show anything; commands are judged anew. Rejects when nobody can tell.
 */
export async function somebodyHere(
  caller: Caller,
  { mesh, slack, store, revisions }: PeoplePorts,
): Promise<Somebody | undefined> {
  const { config, revision } = await mesh();
  const [first] = config.stages;
  if (!first) return undefined;
  const person = await peopleDirectory(policyOf(config, first.name), slack).personOf(caller);
  // As for questions: a member of the Slack workspace is somebody; a login says nothing unless the mesh names it.
  if (!person || (caller.identity.startsWith('unix:') && !person.groups.includes(EVERYBODY))) return undefined;
  const may: Record<string, readonly ActionKind[]> = {};
  for (const { name } of config.stages) {
    const ruling = rulingRevision(await store.read.stage(name), revision);
    const policy = await policyAt({ revisions }, ruling, name).catch(() => undefined);
    const there = policy && (await peopleDirectory(policy, slack).personOf(caller));
    may[name] = policy ? actionsOf(there, policy) : [];
  }
  return { person, may };
}

const actionsOf = (person: Person | undefined, policy: Policy): readonly ActionKind[] =>
  (Object.keys(ROLE_OF) as ActionKind[]).filter((action) => mayDo(person, ROLE_OF[action], policy).kind === 'allowed');
