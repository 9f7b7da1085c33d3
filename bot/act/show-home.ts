import type { WebClient } from '@slack/web-api';
import type { Caller, PeopleDirectory } from '../../pipeline/commands/pipeline.ts';
import type { PersonId } from '../../pipeline/ids.ts';
import type { Promotion } from '../../pipeline/promotion/promotion.ts';
import type { PipelineReader } from '../../pipeline/store/pipeline-store.ts';
import type { From } from '../inbox/inbox-item.ts';
import type { Insight } from '../insight.ts';
import { type DisplayNames, peopleIn } from '../live/viewer.ts';
import { waitsFor } from '../live/waits-for.ts';
import type { Log } from '../log.ts';
import { homeView } from '../render/home.ts';
import { call, wordsOf } from '../slack/call.ts';

export type HomePorts = {
  readonly client: WebClient;
  readonly read: PipelineReader;
  readonly insight: Insight;
  readonly people: (promotion: Promotion) => Promise<PeopleDirectory>;
  readonly names: DisplayNames;
  readonly command: string;
  readonly clock: { nowEpochMs(): number };
  readonly log: Log;
};

/** Publishes the home tab for one person. `hash` is of the view that they opened: if another was published since, that one is newer. */
export async function showHome(from: From, caller: Caller, hash: string | undefined, ports: HomePorts): Promise<void> {
  const { client, read, insight, clock, log } = ports;
  const [names, line, open] = await Promise.all([insight.stages(), read.line(), read.openPromotions()]);
  const stages = await Promise.all(names.map((name) => read.stage(name)));
  const waiting: { promotion: Promotion; reasons: readonly string[] }[] = [];
  for (const promotion of open) {
    const reasons = await reasonsFor(promotion, caller, ports);
    if (reasons) waiting.push({ promotion, reasons });
  }
  const people = new Set<PersonId>(open.flatMap((promotion) => peopleIn(promotion)));
  for (const { freeze } of stages) if (freeze) people.add(freeze.by);
  if (line.stopped) people.add(line.stopped.by);
  const view = homeView({
    stages,
    line,
    open,
    waiting,
    names: await ports.names.of([...people]),
    command: ports.command,
    nowEpochMs: clock.nowEpochMs(),
  });
  const published = await call(() =>
    client.views.publish({ user_id: from.user, view, ...(hash === undefined ? {} : { hash }) }),
  );
  if (published.kind === 'ok' || (published.kind === 'refused' && published.error === 'hash_conflict')) return;
  // It is shown anew the next time it is opened.
  log('warn', `the home tab is not shown: ${wordsOf(published)}`);
}

/** Undefined: nothing waits for this person, or nobody can tell who they are. */
async function reasonsFor(
  promotion: Promotion,
  caller: Caller,
  { people, insight }: HomePorts,
): Promise<readonly string[] | undefined> {
  try {
    const [directory, policy] = await Promise.all([people(promotion), insight.policy(promotion)]);
    const person = await directory.personOf(caller);
    if (!person || !policy) return undefined;
    const gates = promotion.state.kind === 'gating' ? await insight.gates(promotion) : [];
    const reasons = waitsFor(promotion, person, policy, gates);
    return reasons.length > 0 ? reasons : undefined;
  } catch {
    // A policy or people that cannot be read keep nobody from seeing the rest.
    return undefined;
  }
}
