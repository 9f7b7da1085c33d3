import type { Finding } from '../finding.ts';
import type { PlaceOf } from './access-config-of.ts';
import { freezeStarts } from './freeze-starts.ts';
import type { FreezeWindow, Stage } from './mesh-config.ts';
import type { MeshFile } from './mesh-schema.ts';

/** Freezes that would freeze nothing, or something else than is meant. */
export function freezeFindings(mesh: MeshFile, stages: readonly Stage[], at: PlaceOf): Finding[] {
  return stages.flatMap(({ gates }, stage) =>
    gates.freeze.flatMap((window, index) => {
      const place = at('stages', stage, 'gates', 'freeze', index, 'start');
      const says = (rule: string, saw: string, want: string): Finding[] => [
        { rule, severity: 'error', at: place, saw, want },
      ];
      const isGiven = mesh.stages[stage]?.gates?.freeze?.[index]?.from !== undefined;
      if (!isGiven && /COUNT=|INTERVAL=(?!1(?:;|$))/.test(window.start))
        return says('recurrence-without-from', window.start, '`from`, the day from which it counts');
      return opens(window)
        ? []
        : says('freeze-never-opens', `${window.start}, which never comes`, 'a start that comes');
    }),
  );
}

function opens(window: FreezeWindow): boolean {
  try {
    return freezeStarts(window).nextAfter(Date.parse(`${window.from}T00:00:00Z`) - 2 * DAY_MS) !== undefined;
  } catch {
    return false;
  }
}
const DAY_MS = 86_400_000;
