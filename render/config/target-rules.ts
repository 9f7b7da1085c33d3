import { posix } from 'node:path';
import type { Finding } from '../finding.ts';
import type { PlaceOf } from './access-config-of.ts';
import type { Stage, StageTarget } from './mesh-config.ts';

/** Each stage has a target of its own: in a shared one, what one stage delivers is drift for the other, and both are served it. */
export function targetFindings(stages: readonly Stage[], at: PlaceOf): Finding[] {
  const first = new Map<string, Stage>();
  const findings: Finding[] = [];
  for (const [index, stage] of stages.entries()) {
    if (!stage.target) continue;
    const place = placeOf(stage.target);
    const other = first.get(place);
    if (!other) first.set(place, stage);
    else
      findings.push({
        rule: 'shared-target',
        severity: 'error',
        at: at('stages', index, 'target'),
        stage: stage.name,
        saw: `the target of stage ${other.name} again`,
        want: `a target of its own: another ${OWN[stage.target.kind]}`,
      });
  }
  return findings;
}

const OWN: { readonly [K in StageTarget['kind']]: string } = {
  git: 'branch or repository',
  'central-dogma': 'path, repository or project',
  s3: 'prefix or bucket',
  dir: 'path',
};

/** The same for the same place, however it is written: `live/`, `./live`. */
function placeOf(target: StageTarget): string {
  switch (target.kind) {
    case 'git':
      return JSON.stringify(['git', addressOf(target.repository), target.branch.replace(/^refs\/heads\//, '')]);
    case 'central-dogma':
      return JSON.stringify([
        'central-dogma',
        addressOf(target.url),
        target.project,
        target.repository,
        pathOf(`/${target.path}`),
      ]);
    case 's3':
      return JSON.stringify(['s3', addressOf(target.endpoint ?? ''), target.bucket, pathOf(`/${target.prefix}`)]);
    case 'dir':
      return JSON.stringify(['dir', pathOf(target.path)]);
    default:
      return target satisfies never;
  }
}

/** A URL with its host in one spelling, or a path. */
function addressOf(text: string): string {
  const url = URL.parse(text);
  return url?.host ? `${url.protocol}//${url.host}${pathOf(url.pathname)}` : pathOf(text);
}

const pathOf = (path: string): string => posix.normalize(path).replace(/(?<=.)\/+$/, '');
