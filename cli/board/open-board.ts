import { controlPlanes } from '../../board/read/control-planes.ts';
import { type RunningBoard, startBoard } from '../../board/server/start-board.ts';
import { createPipeline } from '../../pipeline/commands/create-pipeline.ts';
import type { EnginePorts } from '../../pipeline/engine/ports.ts';
import { storeFleetView } from '../../pipeline/observe/store-fleet-view.ts';
import { storeServiceMap } from '../../pipeline/observe/store-service-map.ts';
import type { OpenStore } from '../../pipeline/store/open-store.ts';
import type { CommandContext } from '../command-context.ts';
import type { ListenAddress } from '../listen-address.ts';
import { TOOL_VERSION } from '../tool-version.ts';
import { UsageError } from '../usage-error.ts';
import type { BoardSettings } from './board-settings.ts';
import { builtPages } from './built-pages.ts';

export type OpenBoardOptions = ListenAddress & {
  readonly settings: BoardSettings;
  readonly ports: EnginePorts;
  readonly store: OpenStore;
  /** A person said where: there, or nowhere. */
  readonly isAsked: boolean;
};

/** Builds the pages if need be, and serves them. Rejects with `UsageError`. */
export async function openBoard(
  { settings, ports, store, host, port, isAsked }: OpenBoardOptions,
  { stderr, signal }: Pick<CommandContext, 'stderr' | 'signal'>,
): Promise<RunningBoard> {
  const { signIn, publicUrl, slackUrl } = settings;
  if (signIn?.identity.kind === 'slack' && !ports.slack)
    throw new UsageError(
      'people of Slack are looked up in Slack: want SLACK_BOT_TOKEN, or --identity-claim; see docs/board.md',
    );
  const say = (line: string): void => void stderr.write(`board: ${line}\n`);
  const nowEpochMs = (): number => Date.now();
  const dist = await builtPages(say, signal);
  const start = (at: number): Promise<RunningBoard> =>
    startBoard({
      ports: {
        ...ports,
        store,
        slackUrl,
        fleet: storeFleetView(store, nowEpochMs),
        serviceMap: storeServiceMap(store),
        controlPlanes: controlPlanes({ places: settings.controlPlanes, nowEpochMs }),
      },
      slack: ports.slack,
      signIn: signIn && { ...signIn, pipeline: createPipeline(ports) },
      host,
      port: at,
      publicUrl,
      dist,
      toolVersion: TOOL_VERSION,
      say,
    });
  return start(port).catch((fault: NodeJS.ErrnoException) => {
    if (fault.code !== 'EADDRINUSE') throw fault;
    if (isAsked) throw new UsageError(`${host}:${port} is taken; name another place, or port 0 for any free one`);
    return start(0);
  });
}
