import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { recallMatrix } from '../../conformance/recall-matrix.ts';
import { liveTable } from '../../conformance/report/live-table.ts';
import type { MatrixResult } from '../../conformance/report/matrix-result.ts';
import { matrixText } from '../../conformance/report/matrix-text.ts';
import { plainLog } from '../../conformance/report/plain-log.ts';
import { type ProgressView, silentProgress } from '../../conformance/report/progress.ts';
import { reportJson } from '../../conformance/report/report-json.ts';
import { reproCommand } from '../../conformance/report/repro-command.ts';
import { summaryMarkdown } from '../../conformance/report/summary.ts';
import { writeReport } from '../../conformance/report/write-report.ts';
import type { VerifyRequest } from '../../conformance/verify.ts';
import { headOf } from '../../render/revision/head.ts';
import { cacheDirOf } from '../../render/wheels/cache-dir.ts';
import { CELLS_PER_CORE } from '../cells-per-core.ts';
import type { CommandContext } from '../command-context.ts';
import { type CommentPlace, commentPlace, commentsAt } from '../comment/comment-place.ts';
import { markerOf, postComment } from '../comment/post-comment.ts';
import type { ConfigOptions } from '../config-options.ts';
import { isLauncherWish, LAUNCHER_WISHES } from '../launcher-wishes.ts';
import { withPrepareRequest } from '../prepare-request.ts';
import { wantsColour } from '../terminal.ts';
import { TOOL_VERSION } from '../tool-version.ts';
import { UsageError } from '../usage-error.ts';

export type VerifyOptions = ConfigOptions & {
  readonly data?: string;
  readonly launcher: string;
  readonly check?: string;
  readonly report?: string;
  readonly comment?: string;
  readonly pullRequest?: string;
  readonly cache: boolean;
  readonly jobs?: string;
};

/** Resolves with the exit code. Rejects with `UsageError`, `SelectionError` or `LauncherError`, or with the signal's reason. */
export async function verify(options: VerifyOptions, context: CommandContext): Promise<number> {
  const { env, stderr, stdout, cwd, signal } = context;
  const kind = options.launcher;
  if (!isLauncherWish(kind)) throw new UsageError(`--launcher ${kind}: use ${LAUNCHER_WISHES.join(', ')}`);
  const cores = availableParallelism();
  const jobs = options.jobs === undefined ? cores * CELLS_PER_CORE : Number(options.jobs);
  if (!Number.isInteger(jobs) || jobs < 1) throw new UsageError(`--jobs ${options.jobs}: use a whole number from 1 on`);
  // What cannot be commented on is said now, not after the matrix has run.
  const place =
    options.comment === undefined ? undefined : commentPlace({ ...options, comment: options.comment }, context);
  const colour = wantsColour(context, options.json ? stderr : stdout);
  const cacheDir = cacheDirOf(env);
  const view = viewFor(options, context);
  try {
    const result = await withPrepareRequest(options, context, async (request) => {
      const whole: VerifyRequest = {
        ...request,
        check: options.check,
        launcher: kind,
        cacheDir,
        scripts: { path: env.PATH ?? '', lang: env.LANG ?? 'C.UTF-8' },
        workers: Math.min(cores, jobs),
        concurrency: jobs,
        verdictDir: options.cache ? join(cacheDir, 'verdicts') : undefined,
        scratchParent: tmpdir(),
        toolVersion: TOOL_VERSION,
        startedAtIso: new Date().toISOString(),
        revision: await headOf(request.dir, { signal }),
        scope: scopeOf(options),
        reproOf: (stage, envoy) => reproCommand({ ...scopeOf(options), ...launcherOf(options), stage, envoy }),
        onEvent: view.on,
      };
      const known = await recallMatrix(whole);
      if (known) return known;
      const { verifyMesh } = await import('../../conformance/verify.ts');
      return await verifyMesh(whole);
    });
    view.close();
    // What was found out is shown also where its report cannot be written; JSON is one document, and then it is the fault.
    if (!options.json) stdout.write(matrixText(result, colour));
    if (options.report !== undefined) await report(options.report, cwd, result);
    if (place) await comment(place, options, result, (line) => stderr.write(line));
    if (options.json) stdout.write(reportJson(result, options.report !== undefined));
    return result.exitCode;
  } finally {
    view.close();
  }
}

/** The verdict stands whether or not it could be shown there. */
async function comment(
  place: CommentPlace,
  { config, stage, envoy }: VerifyOptions,
  result: MatrixResult,
  say: (line: string) => void,
): Promise<void> {
  try {
    const marker = markerOf([config, stage, envoy].map((part) => (part === undefined ? undefined : String(part))));
    await postComment(await commentsAt(place), marker, summaryMarkdown(result));
  } catch (error) {
    say(`mesh: the pull request has no comment: ${error instanceof Error ? error.message : String(error)}\n`);
  }
}

async function report(dir: string, cwd: string, result: MatrixResult): Promise<void> {
  try {
    await writeReport(resolve(cwd, dir), result);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === 'ENOSPC' || code === 'EDQUOT' ? 'the disk is full' : message;
    throw new UsageError(`--report ${dir}: cannot be written: ${why}; name a directory elsewhere`, { cause: error });
  }
}

const scopeOf = ({ config, live }: VerifyOptions) => ({
  ...(config === undefined ? {} : { config }),
  ...(live === undefined ? {} : { live }),
});

const launcherOf = ({ launcher }: VerifyOptions) => (launcher === 'auto' ? {} : { launcher });

/** A person at a terminal sees a table; a log file gets lines; with `--json` the lines go to stderr. */
function viewFor({ json }: VerifyOptions, context: CommandContext): ProgressView {
  const { stderr } = context;
  if (json) return silentProgress;
  if (stderr.isTTY === true && context.env.TERM !== 'dumb')
    return liveTable(process.stderr, { colour: wantsColour(context, stderr) });
  return plainLog((text) => stderr.write(text));
}
