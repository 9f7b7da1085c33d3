import { App, LogLevel, SocketModeReceiver } from '@slack/bolt';
import type { Workspace } from './workspace.ts';

export type BoltApp = InstanceType<typeof App>;

/** A real Bolt app over Socket Mode, which reconnects in 2 s instead of 5. Not started. */
export function socketModeApp(workspace: Workspace): BoltApp {
  const clientOptions = { slackApiUrl: workspace.apiUrl };
  const receiver = new SocketModeReceiver({
    appToken: workspace.appToken,
    logLevel: LogLevel.ERROR,
    // Also how long it waits before it reconnects. Shorter, a busy machine's late pong would count as a lost connection.
    clientPingTimeout: 2_000,
    logger: quiet,
    installerOptions: { clientOptions },
  });
  return new App({ token: workspace.botToken, receiver, clientOptions, logLevel: LogLevel.ERROR });
}

/** A real Bolt app behind a request URL, started. Stop it with `app.stop()`. */
export async function httpModeApp(workspace: Workspace): Promise<{ app: BoltApp; requestUrl: string }> {
  const clientOptions = { slackApiUrl: workspace.apiUrl };
  const { botToken: token, signingSecret } = workspace;
  const app = new App({ token, signingSecret, clientOptions, logLevel: LogLevel.ERROR, logger: quiet });
  const server = await app.start({ port: 0, host: '127.0.0.1' });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the app has no port');
  return { app, requestUrl: `http://127.0.0.1:${address.port}/slack/events` };
}

/** Refused requests are what these tests are about; Bolt's words on each are not. */
const nothing = (): void => undefined;
const quiet = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  setLevel: nothing,
  setName: nothing,
  getLevel: () => LogLevel.ERROR,
};
