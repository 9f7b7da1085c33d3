import type { WebClient } from '@slack/web-api';
import type { PersonId } from '../../pipeline/ids.ts';
import type { DisplayNames } from '../live/viewer.ts';
import { call } from './call.ts';

const KEEP_MS = 10 * 60_000;
const MOST = 2_000;

/**
 * Names to show, for a while from memory; nothing is ever judged by them, as anybody may take any name. Where Slack does not say, the
 * id is shown.
 */
export function slackNames(client: WebClient, clock: { nowEpochMs(): number }): DisplayNames {
  const known = new Map<string, { readonly name: string; readonly untilEpochMs: number }>();
  const nameOf = async (person: PersonId): Promise<string> => {
    const [, user] = /^slack:[TE][A-Z0-9]+\/([UW][A-Z0-9]+)$/.exec(person) ?? [];
    if (user === undefined) return person;
    const now = clock.nowEpochMs();
    const kept = known.get(person);
    if (kept && now < kept.untilEpochMs) return kept.name;
    const result = await call(() => client.users.info({ user }));
    const account = result.kind === 'ok' ? result.value.user : undefined;
    const name = account?.profile?.real_name || account?.real_name || account?.name || person;
    if (known.size >= MOST) known.clear();
    // A failure is remembered too, for less: a name is not worth a call for each edit.
    known.set(person, { name, untilEpochMs: now + (account ? KEEP_MS : KEEP_MS / 20) });
    return name;
  };
  return {
    async of(people) {
      const names = new Map<PersonId, string>();
      for (const person of people) names.set(person, await nameOf(person));
      return (person) => names.get(person) ?? person;
    },
  };
}
