import { App, type AuthorizeResult, type Receiver, type ReceiverEvent } from '@slack/bolt';
import type { Log } from '../log.ts';
import { refusalWords } from '../refusal.ts';
import { REASON_BLOCK } from '../render/modals.ts';
import { boltLogger } from '../slack/slack-client.ts';
import type { Intake } from './intake.ts';
import type { Rush } from './rush.ts';

export type BoltApp = InstanceType<typeof App>;
export type BoltOptions = {
  readonly receiver: Receiver;
  readonly intake: Intake;
  readonly rush: Pick<Rush, 'enter'>;
  /** False for a workspace in which the bot is not installed. */
  readonly serves: (teamId: string | undefined, enterpriseId: string | undefined) => boolean;
  /** Asked for each delivery; rejects for a workspace in which the bot is not installed. */
  readonly authorize: (teamId: string | undefined, enterpriseId: string | undefined) => Promise<AuthorizeResult>;
  readonly log: Log;
};

const NOT_STORED = refusalWords(
  'not-stored',
  'Meshgate cannot reach its store: nothing was done. Try again in a moment, or use ./mesh.',
);
const OTHER_WORKSPACE = refusalWords(
  'other-workspace',
  'This bot is not installed in your workspace, and does nothing for it.',
);

/**
 * The Bolt app: whatever comes in is stored, then acknowledged, and nothing else happens here. Bolt acknowledges events by itself
 * before any listener runs, so those are stored before Bolt sees them.
 */
export function boltApp(options: BoltOptions): BoltApp {
  const { intake, authorize, log } = options;
  const app = new App({
    receiver: storingEvents(options),
    authorize: ({ teamId, enterpriseId }) => authorize(teamId, enterpriseId),
    convoStore: false,
    logger: boltLogger(log),
  });
  app.use(async (args) => {
    const { body } = args;
    const ack = 'ack' in args ? (args.ack as (response?: unknown) => Promise<void>) : undefined;
    // An event: stored and acknowledged already.
    if (!ack || (body as { type?: string }).type === 'event_callback') return;
    const isView = (body as { type?: string }).type === 'view_submission';
    try {
      const taken = await intake.take(body);
      if (taken.kind === 'incomplete') return await ack({ response_action: 'errors', errors: taken.errors });
      return await ack();
    } catch (error) {
      log('error', `not stored: ${error instanceof Error ? error.message : String(error)}`);
      if (isView) return await ack({ response_action: 'errors', errors: { [REASON_BLOCK]: NOT_STORED } });
      if ('command' in body) return await ack({ response_type: 'ephemeral', text: NOT_STORED });
      // A click that is not acknowledged shows a warning beside its button.
      throw error;
    }
  });
  app.error(async (error) => {
    log('error', `Bolt: ${error.message}`);
    throw error;
  });
  return app;
}

function storingEvents({ receiver, intake, rush, serves, log }: BoltOptions): Receiver {
  return {
    start: (...args) => receiver.start(...args),
    stop: (...args) => receiver.stop(...args),
    init: (app) => {
      const storing = {
        processEvent: async (event: ReceiverEvent) => {
          const leave = rush.enter();
          try {
            const {
              command,
              team_id: team,
              enterprise_id: enterprise,
            } = event.body as Readonly<Record<string, string>>;
            if (command !== undefined && !serves(team, enterprise)) {
              log('warn', `refused a command: not installed in workspace ${team ?? 'without an id'}`);
              return await event.ack({ response_type: 'ephemeral', text: OTHER_WORKSPACE });
            }
            // Rejects when it is not stored: the receiver then does not acknowledge, and Slack sends it again.
            if ((event.body as { type?: string }).type === 'event_callback') await intake.take(event.body);
            await app.processEvent(event);
          } finally {
            leave();
          }
        },
      };
      receiver.init(storing as unknown as BoltApp);
    },
  };
}
