import type { Revision } from '../../../pipeline/ids.ts';
import type { StageView } from '../../api/types/stages.ts';
import type { ActionOffer } from './action-offer.ts';

/** Where what is promoted into a stage comes from, unless somebody names a revision. */
export type ComesFrom = {
  /** `what staging has`. */
  readonly words: string;
  /** Undefined: there is none, so that one must be named. */
  readonly revision: Revision | undefined;
};

/** As the pipeline takes it: what the stage before has; for the first, the head of the branch. */
export const comesFrom = (before: StageView | undefined, head: Revision): ComesFrom =>
  before === undefined
    ? { words: 'the head of the branch', revision: head }
    : { words: `what ${before.name} has`, revision: before.live?.revision };

type About = Pick<StageView, 'name' | 'live' | 'hold' | 'freeze' | 'drift' | 'onTheWay'>;

/** What can be done with a stage as it is now, whoever may. */
export function stageOffers(stage: About, from: ComesFrom): readonly ActionOffer[] {
  const { live, hold, freeze, drift, onTheWay } = stage;
  return [
    promoteOffer(stage, from),
    ...(hold ? [releaseOffer(stage)] : []),
    ...(drift ? [reconcileOffer(stage), adoptOffer(stage)] : []),
    freeze ? unfreezeOffer(stage) : freezeOffer(stage),
    ...(live && !onTheWay ? [rollbackOffer(stage)] : []),
  ];
}

const boundOf = ({ name, live }: About): ActionOffer['bound'] => [
  { what: 'stage', is: name },
  { what: 'live', is: live ? <code>{live.digest}</code> : 'nothing' },
];

function promoteOffer(stage: About, { words, revision }: ComesFrom): ActionOffer {
  const { name } = stage;
  const compare = new URLSearchParams({ from: name, to: `${revision}@${name}` });
  return {
    kind: 'promote',
    verb: 'Promote',
    weight: 'plain',
    title: `Promote into ${name}?`,
    does: 'It is planned against what is live, proved on real Envoys, and then waits for its gates. Nothing is pushed before.',
    bound: [
      ...boundOf(stage),
      {
        what: words,
        is:
          revision === undefined ? (
            'nothing yet: name a revision'
          ) : (
            <>
              <code>{revision}</code> <a href={`/compare?${compare}`}>what it would change</a>
            </>
          ),
      },
    ],
    asOf: revision ?? '',
    text: {
      label: revision === undefined ? 'Revision' : 'Another revision (if you like)',
      isWanted: revision === undefined,
      hint: 'A commit, branch or tag of the protected branch.',
    },
    // What stood there is what is asked for, whatever the stage before has by now.
    command: ({ text, reason }) => ({ kind: 'promote', stage: name, revision: text === '' ? revision : text, reason }),
  };
}

const releaseOffer = (stage: About): ActionOffer => ({
  kind: 'release',
  verb: 'Release',
  weight: 'plain',
  title: `Release ${stage.name}?`,
  does: 'The hold ends, and the stage moves again.',
  bound: [...boundOf(stage), { what: 'held because', is: stage.hold?.reason }],
  asOf: String(stage.hold?.sinceEpochMs),
  command: ({ reason }) => ({ kind: 'release', stage: stage.name, reason }),
});

const reconcileOffer = (stage: About): ActionOffer => ({
  kind: 'reconcile',
  verb: 'Reconcile',
  weight: 'plain',
  title: `Put back what was promoted into ${stage.name}?`,
  does: 'What the target has now is replaced by what was promoted.',
  bound: [...boundOf(stage), { what: 'is there now', is: stage.drift?.saw }],
  asOf: stage.drift?.saw ?? '',
  command: ({ reason }) => ({ kind: 'reconcile', stage: stage.name, reason }),
});

const adoptOffer = (stage: About): ActionOffer => ({
  kind: 'adopt',
  verb: 'Adopt',
  weight: 'plain',
  title: `Take what is in the target of ${stage.name}?`,
  does: 'It becomes a promotion, proved and approved like any other. Only what a commit of the protected branch renders to can be taken.',
  bound: [...boundOf(stage), { what: 'is there now', is: stage.drift?.saw }],
  asOf: stage.drift?.saw ?? '',
  command: ({ reason }) => ({ kind: 'adopt', stage: stage.name, reason }),
});

const freezeOffer = (stage: About): ActionOffer => ({
  kind: 'freeze',
  verb: 'Freeze',
  weight: 'plain',
  title: `Freeze ${stage.name}?`,
  does: 'Nothing is pushed into this stage until somebody unfreezes it. A rollback still is.',
  bound: boundOf(stage),
  command: ({ reason }) => ({ kind: 'freeze', stage: stage.name, reason }),
});

const unfreezeOffer = (stage: About): ActionOffer => ({
  kind: 'unfreeze',
  verb: 'Unfreeze',
  weight: 'plain',
  title: `Unfreeze ${stage.name}?`,
  does: 'Promotions into this stage go on.',
  bound: [...boundOf(stage), { what: 'frozen because', is: stage.freeze?.reason }],
  asOf: String(stage.freeze?.sinceEpochMs),
  command: ({ reason }) => ({ kind: 'unfreeze', stage: stage.name, reason }),
});

const rollbackOffer = (stage: About): ActionOffer => ({
  kind: 'rollback',
  verb: 'Roll back',
  weight: 'grave',
  title: `Roll ${stage.name} back?`,
  does: 'The stage goes to the digest that was live before, and is held there.',
  bound: boundOf(stage),
  asOf: stage.live?.digest ?? '',
  text: {
    label: 'To another digest (if you like)',
    isWanted: false,
    pattern: '[0-9a-f]{8,64}',
    hint: 'One that was live here: eight characters of it or more.',
  },
  command: ({ text, reason }) => ({
    kind: 'rollback',
    stage: stage.name,
    digest: text === '' ? undefined : text,
    reason,
  }),
});
