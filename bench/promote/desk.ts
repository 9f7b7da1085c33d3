import { PassThrough } from 'node:stream';
import { enginePortsOf } from '../../cli/engine-ports.ts';
import { openStoreOf } from '../../cli/open-store.ts';
import { pollUntil } from '../../conformance/poll-until.ts';
import type { Command } from '../../pipeline/commands/command.ts';
import { createPipeline } from '../../pipeline/commands/create-pipeline.ts';
import type { EnginePorts } from '../../pipeline/engine/ports.ts';
import type { PromotionId } from '../../pipeline/ids.ts';
import { isTerminal, type Promotion, type StateKind } from '../../pipeline/promotion/promotion.ts';
import type { OpenStore } from '../../pipeline/store/open-store.ts';
import { renderFinding } from '../../render/finding.ts';

export type DeskPlace = {
  readonly configDir: string;
  readonly dataDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
};

/** People who ask a pipeline for something from this process, as the bot does from its own. */
export interface Desk extends AsyncDisposable {
  readonly store: OpenStore;
  readonly ports: EnginePorts;
  /** Rejects when it is refused. Resolves with the promotion that it is about. */
  does(login: string, command: Command): Promise<PromotionId>;
  /** Waits for one of the states; rejects when it ended otherwise. */
  becomes(id: PromotionId, ...kinds: readonly StateKind[]): Promise<Promotion>;
}

const WITHIN_MS = 180_000;

export async function openDesk({ configDir, dataDir, env }: DeskPlace): Promise<Desk> {
  const context = {
    env,
    cwd: dataDir,
    stdout: new PassThrough().resume(),
    stderr: new PassThrough().resume(),
    onSignal: () => undefined,
    exit: () => undefined,
    signal: new AbortController().signal,
  };
  await using opening = new AsyncDisposableStack();
  const store = opening.use(await openStoreOf(dataDir, context));
  const ports = await enginePortsOf({ config: configDir, data: dataDir }, context, { store, slack: undefined });
  const pipeline = createPipeline(ports);
  const opened = opening.move();
  return {
    store,
    ports,
    async does(login, command) {
      const answer = await pipeline.execute(command, { via: 'cli', identity: `unix:${login}` });
      if (answer.kind === 'refused' || answer.promotion === undefined)
        throw new Error(`${command.kind}: ${answer.title} ${answer.findings.map(renderFinding).join('; ')}`);
      return answer.promotion;
    },
    async becomes(id, ...kinds) {
      const found = await pollUntil(`${id} ${kinds.join(' or ')}`, WITHIN_MS, context.signal, async () => {
        const promotion = await store.read.promotion(id);
        const { state } = promotion ?? {};
        return state && (kinds.includes(state.kind) || isTerminal(state)) ? promotion : undefined;
      });
      if (kinds.includes(found.state.kind)) return found;
      throw new Error(`${id} is ${JSON.stringify(found.state).slice(0, 2_000)}`);
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
