/** Short files that look at or change the process they run in: each gets one of its own, while the others share a few. */
export const ALONE = [
  'test/bench/xds/line-process.test.ts',
  'test/conformance/checks/script/run-script-check.test.ts',
  'test/conformance/launcher/process-launcher.test.ts',
  'test/conformance/upstream/connections.test.ts',
  'test/controlplane/xds/steps-forget.test.ts',
  'test/pipeline/store/lost-connection.test.ts',
  'test/render/load/load-mesh-config.test.ts',
  'test/render/wheels/wheel-cache.test.ts',
];
