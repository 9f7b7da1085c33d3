import type { PersonId } from '../../pipeline/ids.ts';
import type { Promotion } from '../../pipeline/promotion/promotion.ts';
import type { PipelineReader } from '../../pipeline/store/pipeline-store.ts';
import type { Insight } from '../insight.ts';
import type { SourceLink } from '../render/finding-lines.ts';
import type { LiveView } from '../render/live-message.ts';

/** Names to show; never to judge by. */
export type DisplayNames = { of(people: readonly PersonId[]): Promise<(person: PersonId) => string> };

export type Viewer = { view(promotion: Promotion): Promise<LiveView> };

/** Gathers what the message of a promotion shows. */
export function viewer(
  read: PipelineReader,
  insight: Insight,
  names: DisplayNames,
  { link, boardUrl }: { readonly link: SourceLink; readonly boardUrl: string | undefined },
): Viewer {
  return {
    async view(promotion) {
      // A policy that cannot be read (that may be why the promotion ended) must not keep people from seeing where it stands.
      const or = <T>(shown: Promise<T>, otherwise: T): Promise<T> => shown.catch(() => otherwise);
      const [gates, cells, fleet, deadlineEpochMs, stage] = await Promise.all([
        or(insight.gates(promotion), []),
        or(insight.cells(promotion), []),
        or(insight.fleet(promotion), undefined),
        or(insight.deadlineEpochMs(promotion), undefined),
        read.stage(promotion.request.stage),
      ]);
      return {
        promotion,
        gates,
        cells,
        fleet,
        deadlineEpochMs,
        canBeTakenBack:
          promotion.state.kind === 'promoted' && stage.live?.promotion === promotion.id && stage.past.length > 0,
        names: await names.of(peopleIn(promotion)),
        link,
        boardUrl,
      };
    },
  };
}

export function peopleIn({ request, approvals, glass, state }: Promotion): readonly PersonId[] {
  const people = approvals.map(({ by }) => by);
  if (request.by.kind === 'person') people.push(request.by.person);
  if (glass) people.push(glass.by, ...(glass.confirmedBy ? [glass.confirmedBy] : []));
  if ('by' in state && typeof state.by === 'object' && state.by.kind === 'person') people.push(state.by.person);
  return [...new Set(people)];
}
