import { readFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { LauncherWish } from '../../conformance/launcher/choose-launcher.ts';
import { LAUNCHER_KINDS } from '../../conformance/launcher/envoy-launcher.ts';
import { liveTable } from '../../conformance/report/live-table.ts';
import { matrixText } from '../../conformance/report/matrix-text.ts';
import { plainLog } from '../../conformance/report/plain-log.ts';
import { type ProgressView, silentProgress } from '../../conformance/report/progress.ts';
import { reportJson } from '../../conformance/report/report-json.ts';
import { reproCommand } from '../../conformance/report/repro-command.ts';
import { writeReport } from '../../conformance/report/write-report.ts';
import { verifyMesh } from '../../conformance/verify.ts';
import { headOf } from '../../render/revision/head.ts';
import { cacheDirOf } from '../../render/wheels/cache-dir.ts';
import { type ConfigOptions, withMatrixOptions, withPrepareRequest } from '../config-options.ts';
import type { AddCommand, CommandContext } from '../program.ts';
import { PROJECT_ROOT } from '../project-root.ts';
import { wantsColour } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';

type VerifyOptions = ConfigOptions & {
  readonly launcher: string;
  readonly check?: string;
  readonly report?: string;
  readonly cache: boolean;
  readonly jobs?: string;
};

/** Cells wait for Envoys and health checks more than they compute, so more of them run at once than there are cores. */
const CELLS_PER_CORE = 3;

/** `mesh verify`: the whole matrix, on real Envoys. */
export const verifyCommand: AddCommand = (program, context, done) => {
  withMatrixOptions(program.command('verify'))
    .description(
      'proves the mesh config on real Envoys: every stage and Envoy version, under checks, guards and rehearsals',
    )
    .option('--launcher <kind>', `how Envoys are started: ${LAUNCHER_WISHES.join(', ')}`, 'auto')
    .option('--check <name>', 'only this check in each cell, without rehearsals')
    .option('--report <dir>', 'writes report.json, junit.xml, summary.md and the evidence of failed cells')
    .option('--jobs <n>', `cells that run at once (default: ${CELLS_PER_CORE} for each core)`)
    .option('--no-cache', 'runs every cell, also those that are unchanged since they last passed')
    .action(async (options: VerifyOptions) => done(await verify(options, context)));
};

async function verify(options: VerifyOptions, context: CommandContext): Promise<number> {
  const { env, stderr, stdout, cwd, signal } = context;
  const kind = options.launcher;
  if (!isLauncherWish(kind)) throw new UsageError(`--launcher ${kind}: use ${LAUNCHER_WISHES.join(', ')}`);
  const cores = availableParallelism();
  const jobs = options.jobs === undefined ? cores * CELLS_PER_CORE : Number(options.jobs);
  if (!Number.isInteger(jobs) || jobs < 1) throw new UsageError(`--jobs ${options.jobs}: use a whole number from 1 on`);
  const colour = wantsColour(context, options.json ? stderr : stdout);
  const cacheDir = cacheDirOf(env);
  const view = viewFor(options, context);
  try {
    const result = await withPrepareRequest(options, context, async (request) => {
      return verifyMesh({
        ...request,
        check: options.check,
        launcher: kind,
        cacheDir,
        scripts: { path: env.PATH ?? '', lang: env.LANG ?? 'C.UTF-8' },
        workers: Math.min(cores, jobs),
        concurrency: jobs,
        verdictDir: options.cache ? join(cacheDir, 'verdicts') : undefined,
        scratchParent: tmpdir(),
        toolVersion: toolVersion(),
        startedAtIso: new Date().toISOString(),
        revision: await headOf(request.dir, { signal }),
        reproOf: (stage, envoy) => reproCommand({ ...scopeOf(options), stage, envoy }),
        onEvent: view.on,
      });
    });
    view.close();
    if (options.report !== undefined) await writeReport(resolve(cwd, options.report), result);
    stdout.write(options.json ? reportJson(result, options.report !== undefined) : matrixText(result, colour));
    return result.exitCode;
  } finally {
    view.close();
  }
}

const LAUNCHER_WISHES = ['auto', ...LAUNCHER_KINDS] as const satisfies readonly LauncherWish[];
const isLauncherWish = (kind: string): kind is LauncherWish => (LAUNCHER_WISHES as readonly string[]).includes(kind);

const scopeOf = ({ config, live, launcher }: VerifyOptions) => ({
  ...(config === undefined ? {} : { config }),
  ...(live === undefined ? {} : { live }),
  ...(launcher === 'auto' ? {} : { launcher }),
});

/** A person at a terminal sees a table; a log file gets lines; with `--json` the lines go to stderr. */
function viewFor({ json }: VerifyOptions, context: CommandContext): ProgressView {
  const { stderr } = context;
  if (json) return silentProgress;
  if (stderr.isTTY === true && context.env.TERM !== 'dumb')
    return liveTable(process.stderr, { colour: wantsColour(context, stderr) });
  return plainLog((text) => stderr.write(text));
}

function toolVersion(): string {
  const { version } = JSON.parse(readFileSync(join(PROJECT_ROOT, 'package.json'), 'utf8')) as { version: string };
  return version;
}
