import type { Outcome } from '../../test/slack/acting/outcome.ts';
import { CAST, CAST_CHANNELS } from '../../test/slack/cast.ts';
import type { Message } from '../../test/slack/model.ts';
import type { DemoWorld } from './demo-world.ts';
import { messageLines } from './transcript.ts';

/** It did not go as the story says; `story` is what was seen last. */
export class StoryFault extends Error {
  override readonly name = 'StoryFault';
}

export type PlayOptions = {
  readonly world: DemoWorld;
  readonly print: (line: string) => void;
  readonly signal: AbortSignal;
};

/** How long the longest single step may take on a slow machine. */
const STEP_WITHIN_MS = 180_000;
const CHANNEL = CAST_CHANNELS[0]?.id ?? '';

/** The demo's people at their keyboards, and a reader who checks what the channel says. */
export type Play = ReturnType<typeof startPlay>;

export function startPlay({ world, print, signal }: PlayOptions) {
  const { workspace } = world;
  const named = (user: string): string => CAST.find(({ id }) => id === user)?.realName ?? user;
  const show = (lines: readonly string[]): void => {
    for (const line of lines) print(`    ${line}`);
  };
  const taken = (what: string, outcome: Outcome): void => {
    if (outcome.kind !== 'delivered') throw new StoryFault(`${what}: ${JSON.stringify(outcome)}`);
  };
  /** Messages of the bot that somebody sees in the channel, threads left out. */
  const seenBy = (user: string): readonly Message[] =>
    workspace
      .as(user)
      .sees(CHANNEL)
      .filter(({ botId, threadTs, ts }) => botId !== undefined && (threadTs === undefined || threadTs === ts));
  const find = async <T>(what: string, probe: () => T | undefined): Promise<T> => {
    signal.throwIfAborted();
    try {
      return await workspace.eventually(what, () => (signal.aborted ? undefined : probe()), STEP_WITHIN_MS);
    } catch (error) {
      signal.throwIfAborted();
      const last = seenBy('U0ADA').slice(-4).flatMap(messageLines);
      throw new StoryFault(`${(error as Error).message}\nlast in the channel:\n${last.join('\n')}`, { cause: error });
    }
  };
  const rootOf = (promotion: string): Message | undefined =>
    seenBy('U0ADA').find((message) => message.text.includes(`: ${promotion} `) && message.metadata !== undefined);

  return {
    chapter(title: string): void {
      print('');
      print(`== ${title}`);
    },
    narrate(line: string): void {
      print(`-- ${line}`);
    },
    /** A command in a shell, and what it printed. */
    prints(command: string, text: string): void {
      print(`$ ${command}`);
      show(text.trimEnd().split('\n'));
    },
    /** Types a command and shows what it was answered, to them alone. Resolves with the answer's lines. */
    async types(user: string, text: string): Promise<readonly string[]> {
      print(`${named(user)}: /mesh ${text}`);
      const before = new Set(seenBy(user).map(({ ts }) => ts));
      taken(text, await workspace.as(user).command('/mesh', text, CHANNEL));
      const answer = await find(`an answer to ${text}`, () =>
        seenBy(user).find(({ ts, visibleTo }) => visibleTo === user && !before.has(ts)),
      );
      const lines = messageLines(answer);
      show(lines);
      return lines;
    },
    /** Waits until the promotion's message says that it is so, and shows it. */
    async becomes(promotion: string, words: string): Promise<Message> {
      const message = await find(`${promotion} ${words}`, () => {
        const root = rootOf(promotion);
        return root?.text.endsWith(`${promotion} ${words}`) ? root : undefined;
      });
      print(`Meshgate:`);
      show(messageLines(message));
      return message;
    },
    /** Waits until the promotion's message has such a button, and presses it; the confirm dialog is answered with yes. */
    async presses(user: string, promotion: string, actionId: string): Promise<void> {
      const message = await find(`a button ${actionId} of ${promotion}`, () => {
        const root = rootOf(promotion);
        return root && JSON.stringify(root.blocks).includes(`"${actionId}"`) ? root : undefined;
      });
      let asked = '';
      const outcome = await workspace.as(user).click(message, actionId, {
        confirm: ({ title, text }) => {
          asked = `${title} ${text}`;
          return true;
        },
      });
      print(`${named(user)} presses ${actionId.replace('mesh_', '')}${asked === '' ? '' : ` (asked: ${asked})`}`);
      taken(actionId, outcome);
    },
    /** Fails the story unless one of the lines holds every one of the words. */
    expect(what: string, lines: readonly string[], ...words: readonly string[]): void {
      const whole = lines.join('\n');
      const missing = words.filter((word) => !whole.includes(word));
      if (missing.length > 0) throw new StoryFault(`${what}: nothing of ${missing.join(', ')} in:\n${whole}`);
    },
  };
}
