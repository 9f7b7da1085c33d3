import type { KnownBlock } from '@slack/types';
import type { GateReport } from '../../pipeline/gates/gate.ts';
import { type Promotion, planOf } from '../../pipeline/promotion/promotion.ts';
import type { Finding } from '../../render/finding.ts';
import { shortDigest } from '../../render/ids.ts';
import type { CellProgress } from '../insight.ts';
import { capBlocks, context, fallback, header, LIMITS, section, sections } from './blocks.ts';
import { buttonsOf } from './buttons.ts';
import { code, escapeEntities } from './escape.ts';
import { findingLine, type SourceLink } from './finding-lines.ts';
import { gateLine } from './gate-lines.ts';
import { matrixGrid } from './matrix-grid.ts';
import { type Names, signOf, stateLine, when } from './state-words.ts';

/** Everything that the message of one promotion is made of. */
export type LiveView = {
  readonly promotion: Promotion;
  readonly gates: readonly GateReport[];
  readonly cells: readonly CellProgress[];
  readonly fleet: string | undefined;
  readonly deadlineEpochMs: number | undefined;
  /** It is what is live in its stage, and something was before it. */
  readonly canBeTakenBack: boolean;
  readonly names: Names;
  readonly link: SourceLink;
  readonly boardUrl: string | undefined;
};

export type RenderedMessage = { readonly text: string; readonly blocks: readonly KnownBlock[] };

/** The one message of a promotion, as it stands now. Pure; keeps Slack's limits whatever its parts hold. */
export function liveMessage(view: LiveView): RenderedMessage {
  const { promotion, names, gates, cells, fleet, link } = view;
  const { request, state, id, glass } = promotion;
  const plan = planOf(state);
  const digest = plan?.digest ?? request.digest;
  const verb = request.purpose === 'rollback' ? 'rollback' : 'promotion';
  const blocks: KnownBlock[] = [
    header(`${signOf(state.kind).icon} ${request.stage}: ${id}`),
    section(
      [
        stateLine(promotion, names),
        `${verb} of ${code(plan?.revision.slice(0, 12) ?? request.revision.slice(0, 12))}${digest ? `, digest ${code(shortDigest(digest))}` : ''}, asked by ${requester(promotion, names)}${request.reason ? `: ${code(request.reason, 500)}` : ''}`,
      ].join('\n'),
    ),
  ];
  if (plan)
    blocks.push(
      ...sections([`*Plan* ${code(plan.summary, 1_200)}`, `*Blast radius* ${code(plan.blastRadius, 1_200)}`], {
        sections: 2,
        noun: 'line',
      }),
    );
  if (glass)
    blocks.push(
      section(
        `🔓 *Glass broken* by ${code(names(glass.by), 80)} for ${glass.gates.map((gate) => code(gate, 40)).join(', ')}: ${code(glass.reason, 600)}. ${
          glass.confirmedBy
            ? `Confirmed by ${code(names(glass.confirmedBy), 80)}.`
            : `A second person must confirm by ${when(glass.confirmByEpochMs)}, or it is undone.`
        }`,
      ),
    );
  if (cells.length > 0) blocks.push(section(matrixGrid(request.stage, cells)));
  if (gates.length > 0)
    blocks.push(
      ...sections(
        gates.map((gate) => gateLine(gate, names)),
        { sections: 3, noun: 'gate' },
      ),
    );
  if (state.kind === 'gating' || promotion.approvals.length > 0)
    blocks.push(context([approvalsLine(promotion, names)]));
  if (fleet !== undefined) blocks.push(section(`*Fleet* ${code(fleet, 1_000)}`));
  const findings = findingsIn(promotion);
  if (findings.length > 0)
    blocks.push(
      ...sections(
        findings.map((finding) => findingLine(finding, link, plan?.revision ?? request.revision)),
        { sections: 4, noun: 'finding' },
      ),
    );
  blocks.push(...buttonsOf(promotion, view.canBeTakenBack));
  blocks.push(context([footer(view)]));
  return {
    text: fallback(`${request.stage}: ${id} ${signOf(state.kind).words}`),
    blocks: capBlocks(blocks, LIMITS.blocksOfMessage),
  };
}

const requester = ({ request }: Promotion, names: Names): string =>
  request.by.kind === 'person' ? code(names(request.by.person), 80) : escapeEntities(`meshgate (${request.by.part})`);

function approvalsLine({ approvals }: Promotion, names: Names): string {
  if (approvals.length === 0) return 'No approvals yet.';
  const shown = approvals.slice(0, 8).map(({ by, atEpochMs }) => `${code(names(by), 80)} ${when(atEpochMs)}`);
  const left = approvals.length - shown.length;
  return `Approved by ${shown.join(', ')}${left > 0 ? ` … ${left} more` : ''}`;
}

/** Findings of the state, else those that the plan carries. */
export function findingsIn({ state }: Promotion): readonly Finding[] {
  if ('findings' in state && state.findings.length > 0) return state.findings;
  return planOf(state)?.findings ?? [];
}

function footer({ promotion, deadlineEpochMs, boardUrl }: LiveView): string {
  const since = `since ${when(promotion.state.sinceEpochMs)}`;
  const until = deadlineEpochMs === undefined ? '' : ` · until ${when(deadlineEpochMs)}`;
  const board =
    boardUrl === undefined
      ? ''
      : ` · <${escapeEntities(`${boardUrl}/promotions/${encodeURIComponent(promotion.id)}`)}|board>`;
  return `${since}${until}${board} · details in the thread · ${code(`why ${promotion.id}`, 120)}`;
}
