import { stringify } from 'yaml';
import { cellsOf } from '../../conformance/cell.ts';
import { reproCommand, shellWord } from '../../conformance/report/repro-command.ts';
import type { MeshConfig } from '../../render/config/mesh-config.ts';
import type { DronePipeline, DroneStep } from './drone-pipeline.ts';
import { DEFAULT_DRONE_SETTINGS, type DroneSettings } from './drone-settings.ts';

const HEADER = `# Written by ./mesh drone from mesh.yaml. Do not edit: change mesh.yaml and run it again.
# One document for each stage and Envoy version, for Drone 1.0 and later knows no matrix. Documents stand after those they depend on.
`;
// The fonts are those of the pictures in docs/images: letters of another font would be a drift of every page.
const CHROMIUM = [
  'apt-get update',
  'apt-get install --yes --no-install-recommends chromium fonts-dejavu-core',
] as const;
const CACHE = { volume: 'meshgate-cache', path: '/meshgate-cache' } as const;

// A promotion starts every pipeline that does not say otherwise (https://docs.drone.io/promote/): what checks code and config is
// done by then.
const NOT_FOR_PROMOTIONS = { event: { exclude: ['promote', 'rollback'] } } as const;
const PULL_REQUESTS = { event: ['pull_request'] } as const;

/**
 * The text of `.drone.yml`: lint, test, whether the pictures of the docs still are of these pages, one pipeline for each cell on pull requests, and a last one that gathers. The same config and settings give the
 * same bytes. Why the last one verifies again rather than collects files is in `docs/decisions/0071-drone-reports.md`.
 */
export function droneYaml(config: MeshConfig, settings: DroneSettings = DEFAULT_DRONE_SETTINGS): string {
  const documents = dronePipelines(config, settings).map((pipeline) =>
    escapeSubstitution(stringify(pipeline, { lineWidth: 0, aliasDuplicateObjects: false })),
  );
  return `${HEADER}${documents.map((document) => `---\n${document}`).join('')}`;
}

/** In an order in which each stands after those that it depends on: Drone refuses a name that comes later. */
function dronePipelines(config: MeshConfig, settings: DroneSettings): readonly DronePipeline[] {
  const cells = cellsOf(config.stages).map(({ stage, envoy }) => {
    const name = `verify-${stage.name}-${envoy.version}`;
    const command = verifyCommand(settings, { stage: stage.name, envoy: envoy.version });
    return pipeline(settings, name, PULL_REQUESTS, [step(settings, 'verify', [command])], ['lint']);
  });
  return [
    pipeline(settings, 'lint', NOT_FOR_PROMOTIONS, [
      { name: 'lint', image: settings.image, commands: ['npm ci', 'npm run lint', 'npm run types'] },
    ]),
    pipeline(settings, 'test', NOT_FOR_PROMOTIONS, [step(settings, 'test', ['./mesh test'])]),
    pipeline(settings, 'screenshots', NOT_FOR_PROMOTIONS, [
      {
        name: 'screenshots',
        image: settings.image,
        commands: [...CHROMIUM, 'npm ci', 'npm run screenshots -- --check'],
      },
    ]),
    ...cells,
    summaryPipeline(
      settings,
      cells.map(({ name }) => name),
    ),
  ];
}

/** Runs when cells failed, too: that is when people read it. */
function summaryPipeline(settings: DroneSettings, cells: readonly string[]): DronePipeline {
  const always = { status: ['success', 'failure'] } as const;
  const steps = [
    step(settings, 'verify', [verifyCommand(settings, {})]),
    { name: 'summary', image: settings.image, commands: ['cat report/summary.md'], when: always },
  ];
  return pipeline(settings, 'summary', { ...PULL_REQUESTS, ...always }, steps, cells);
}

function pipeline(
  settings: DroneSettings,
  name: string,
  trigger: DronePipeline['trigger'],
  steps: readonly DroneStep[],
  dependsOn: readonly string[] = [],
): DronePipeline {
  const usesCache = steps.some(({ volumes }) => volumes !== undefined);
  return {
    kind: 'pipeline',
    type: 'docker',
    name,
    concurrency: { limit: settings.concurrency },
    steps,
    ...(usesCache && settings.cacheHostPath
      ? { volumes: [{ name: CACHE.volume, host: { path: settings.cacheHostPath } }] }
      : {}),
    trigger,
    ...(dependsOn.length > 0 ? { depends_on: dependsOn } : {}),
  };
}

function step(settings: DroneSettings, name: string, commands: readonly string[]): DroneStep {
  return {
    name,
    image: settings.image,
    ...(settings.cacheHostPath ? { environment: { MESHGATE_CACHE_DIR: CACHE.path } } : {}),
    commands: [...settings.setup, ...commands],
    ...(settings.cacheHostPath ? { volumes: [{ name: CACHE.volume, path: CACHE.path }] } : {}),
  };
}

// Within a step's container there is no engine to ask, so the launcher is named and not searched for.
function verifyCommand(
  { configDir }: DroneSettings,
  scope: { readonly stage?: string; readonly envoy?: string },
): string {
  const config = configDir === DEFAULT_DRONE_SETTINGS.configDir ? {} : { config: configDir };
  return `${reproCommand({ ...config, ...scope, launcher: 'process' })} --report ${shellWord('report')}`;
}

/** Drone replaces `${…}` before it reads the YAML; `$$` is its literal: https://docs.drone.io/pipeline/environment/substitution/ */
const escapeSubstitution = (document: string): string => document.replaceAll(/\$(?=\{)/g, () => '$$');
