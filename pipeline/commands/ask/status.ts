import { renderFinding } from '../../../render/finding.ts';
import { type Digest, type StageName, shortDigest } from '../../../render/ids.ts';
import { progressOf } from '../../engine/matrix/progress.ts';
import { openIn } from '../../engine/requests.ts';
import { fleetTroubles, refusals } from '../../observe/fleet-troubles.ts';
import type { Answer, AnswerBlock } from '../answer.ts';
import { shortRevision, shown, standingOf } from '../answers.ts';
import type { Desk } from '../execute/desk.ts';
import { atTime } from '../times.ts';

/** The board: what each stage has, what is on its way, and what keeps it; then what its fleet says that people should look at. */
export async function status(desk: Desk): Promise<Answer> {
  const { store } = desk.ports;
  const rows: string[][] = [['stage', 'live', 'since', 'on its way', 'kept by']];
  const troubles: string[] = [];
  const { config, instead, revision } = await desk.mesh();
  for (const { name } of config.stages) {
    const { live, hold, freeze, drift } = await store.read.stage(name);
    const open = await openIn(store.read, name);
    const queued = (await store.read.openPromotions(name))
      .filter(({ state }) => state.kind === 'queued')
      .map(({ id }) => id);
    const progress =
      open && ['verifying', 'observing'].includes(open.state.kind) ? await progressOf(store, open) : undefined;
    const kept = [
      hold && `held: ${hold.reason}`,
      freeze && `frozen by ${freeze.by}: ${freeze.reason}`,
      drift &&
        `drift (${drift.kind}): ${drift.saw.replaceAll(/\b[0-9a-f]{64}\b/g, (digest) => shortDigest(digest as Digest))}`,
    ].filter((one) => one !== undefined);
    rows.push([
      name,
      live ? `${shortDigest(live.digest)} of ${shortRevision(live.revision)} (${live.promotion})` : 'nothing',
      live ? atTime(live.atEpochMs) : '',
      open
        ? [
            `${open.id} ${standingOf(open)}`,
            ...(progress ? [progress] : []),
            ...(queued.length > 0 && !queued.includes(open.id) ? [`then ${queued.join(', ')}`] : []),
          ].join('; ')
        : '',
      kept.join('; '),
    ]);
    troubles.push(...(await troublesOf(name, desk)));
  }
  const { stopped } = await store.read.line();
  const lines = [
    ...(stopped ? [`all stages are stopped by ${stopped.by}: ${stopped.reason}`] : []),
    ...(instead === undefined ? [] : [`${instead}; the stages are those of ${shortRevision(revision)}`]),
  ];
  const ofAll: AnswerBlock[] = lines.length > 0 ? [{ kind: 'lines', lines }] : [];
  const ofFleets: AnswerBlock[] = troubles.length > 0 ? [{ kind: 'text', text: troubles.join('\n') }] : [];
  return shown('the stages', [...ofAll, { kind: 'table', rows }, ...ofFleets]);
}

/** Control planes that serve something else than they should, what they find, and what Envoys refuse: one line each. */
async function troublesOf(stage: StageName, { ports: { fleet } }: Desk): Promise<readonly string[]> {
  if (!fleet) return [];
  const [controlPlanes, nodes] = await Promise.all([fleet.controlPlanes(stage), fleet.nodes(stage)]);
  const found = fleetTroubles(stage, controlPlanes);
  const refused = refusals(stage, nodes);
  const toldBy = (count: number): string =>
    controlPlanes.length > 1 ? ` (${count} of ${controlPlanes.length} control planes)` : '';
  const more = (count: number, of: string): string[] => (count > 0 ? [`${stage}: ${count} ${of}`] : []);
  return [
    ...controlPlanes.flatMap(({ id, problem }) =>
      problem === undefined ? [] : [`${stage}: control plane ${id}: ${problem}`],
    ),
    ...found.findings.map((finding) => `${renderFinding(finding)}${toldBy(finding.toldBy)}`),
    ...more(found.more, 'findings more: mesh fleet hosts, mesh fleet ramp, mesh fleet generators'),
    ...refused.findings.map(renderFinding),
    ...more(refused.more, 'refusals more: mesh fleet'),
  ];
}
