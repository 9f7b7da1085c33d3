import type { Finding } from '../../render/finding.ts';
import type { StageName } from '../../render/ids.ts';
import type { ControlPlaneState, FleetNode } from './fleet-view.ts';
import { refusalOf } from './judge-acks.ts';

/** A finding, and how many control planes of the stage say so. */
export type ToldFinding = Finding & { readonly toldBy: number };

export type FleetTroubles = {
  /** Errors first, each once: replicas look at the same sources, and see the same. At most `MOST_FINDINGS`. */
  readonly findings: readonly ToldFinding[];
  /** How many there are beyond those. */
  readonly more: number;
};

const MOST_FINDINGS = 20;

/** What the control planes of a stage say that people should look at. */
export function fleetTroubles(stage: StageName, controlPlanes: readonly ControlPlaneState[]): FleetTroubles {
  return troublesOf(
    stage,
    controlPlanes.map(({ findings }) => findings),
  );
}

/** What Envoys refuse, in their own words. */
export function refusals(stage: StageName, nodes: readonly FleetNode[]): FleetTroubles {
  const refused = nodes.filter(({ state }) => state === 'refused');
  return troublesOf(stage, [refused.flatMap((node) => refusalOf(stage, node))]);
}

function troublesOf(stage: StageName, told: readonly (readonly Finding[])[]): FleetTroubles {
  const byKey = new Map<string, ToldFinding>();
  for (const findings of told) {
    for (const [key, finding] of new Map(findings.map((one) => [keyOf(one), one] as const)))
      byKey.set(key, { ...finding, stage, toldBy: (byKey.get(key)?.toldBy ?? 0) + 1 });
  }
  const rank = ({ severity }: Finding): number => (severity === 'error' ? 0 : 1);
  const all = [...byKey.values()].sort((a, b) => rank(a) - rank(b));
  return { findings: all.slice(0, MOST_FINDINGS), more: Math.max(0, all.length - MOST_FINDINGS) };
}

/** Each replica saw it happen at a moment of its own. */
const WHEN = /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/g;

const keyOf = ({ rule, resource = '', saw }: Finding): string => `${rule}\0${resource}\0${saw.replaceAll(WHEN, '')}`;
