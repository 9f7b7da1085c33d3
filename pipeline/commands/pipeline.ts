import type { PersonId } from '../ids.ts';
import type { Answer } from './answer.ts';
import type { Command, Query } from './command.ts';

/** Somebody at a face, as that face has authenticated them. */
export type Caller = {
  readonly via: 'slack' | 'cli' | 'board';
  /** The canonical id of the face: `slack:T012AB/U345CD`, `unix:ada`. */
  readonly identity: string;
  /**
   * Names this one asking. When a face died before it could answer, it asks again under the same name: what was done then is not done
   * twice. Absent where a face keeps nothing.
   */
  readonly request?: string;
};

/** Looks people up at the moment of a decision. Rejects when it cannot tell: then the decision is refused, never granted. */
export type PeopleDirectory = {
  /** Undefined: a stranger, a guest, a deactivated account, or somebody of another workspace. */
  personOf(caller: Caller): Promise<Person | undefined>;
};
export type Person = {
  readonly id: PersonId;
  /** Names of groups of `access.groups`, and `everybody`. */
  readonly groups: readonly string[];
  /** Lower-case, under which they write commits. */
  readonly emails: readonly string[];
  /** Groups of which nobody could tell whether they are in (Slack did not answer); they are not in `groups`. */
  readonly unknownGroups?: readonly string[];
};

/** The functions behind every face. What one face can do, all can. */
export type Pipeline = {
  /** Resolves once the intent is durable (or the refusal audited); the work goes on in jobs. Rejects only when the store is gone. */
  execute(command: Command, caller: Caller): Promise<Answer>;
  ask(query: Query, caller: Caller): Promise<Answer>;
};
