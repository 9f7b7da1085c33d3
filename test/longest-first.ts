import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** What takes longest on an idle machine with two cores, roughly longest first. One that is missing here only starts later than it could. */
export const LONGEST = [
  'test/controlplane/serve/soak.long.test.ts',
  'test/faults/kills-pglite.long.test.ts',
  'test/faults/kills-postgresql.long.test.ts',
  'test/e2e/sample.long.test.ts',
  'test/conformance/corpus.long.test.ts',
  'test/pipeline/engine/crash.long.test.ts',
  'test/e2e/story.envoy.test.ts',
  'test/pipeline/engine/crash.envoy.test.ts',
  'test/faults/kills-pglite.envoy.test.ts',
  // These wait most of their time, and last about as long as the story: beside its customers, none of whom may notice anything, they
  // are good neighbours.
  'test/conformance/rehearsal/rehearse-panic.envoy.test.ts',
  'test/conformance/cell/faults.envoy.test.ts',
  'test/controlplane/ramp/ramp.envoy.test.ts',
  'test/e2e/signals.envoy.test.ts',
  'test/faults/outages.envoy.test.ts',
  'test/pipeline/targets/central-dogma-target.envoy.test.ts',
  'test/pipeline/targets/git-remote.envoy.test.ts',
  'test/bot/faults.envoy.test.ts',
  // Keeps all cores busy by itself, as the corpus does: apart from it.
  'test/e2e/sample.envoy.test.ts',
  'test/pipeline/store/embedded-host.envoy.test.ts',
  'test/conformance/cell/cold-boot.envoy.test.ts',
  'test/docs/getting-started.envoy.test.ts',
  'test/tools/package/package.envoy.test.ts',
  'test/conformance/corpus.envoy.test.ts',
  'test/config/mutations.envoy.test.ts',
  'test/e2e/verify.envoy.test.ts',
  'test/e2e/missing.envoy.test.ts',
  'test/board/pages.envoy.test.ts',
  'test/conformance/launcher/launcher.envoy.test.ts',
  'test/faults/outages-of-parts.envoy.test.ts',
  'test/render/load/yaml/hostile-yaml.test.ts',
  'test/controlplane/serve/stage-server.test.ts',
];

/**
 * Starts what takes longest first, and small files last, so that no worker is left alone at the end. Without it a fresh checkout, which
 * knows no times, goes by the size of files, and one project after the other.
 */
export default class LongestFirst extends BaseSequencer {
  override async sort(specifications: TestSpecification[]): Promise<TestSpecification[]> {
    const root = this.ctx.config.root;
    const placeOf = ({ moduleId, project }: TestSpecification): number => {
      const index = LONGEST.indexOf(relative(root, moduleId));
      if (index !== -1) return index;
      return LONGEST.length + (project.name === 'envoy' ? 0 : project.name === 'alone' ? 1 : 2);
    };
    return (await super.sort(specifications)).toSorted((a, b) => placeOf(a) - placeOf(b));
  }
}
