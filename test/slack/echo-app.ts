import { App, LogLevel, SocketModeReceiver } from '@slack/bolt';
import type { Workspace } from './workspace.ts';

export type BoltApp = InstanceType<typeof App>;

/** A real Bolt app over Socket Mode, which reconnects at once. Not started. */
export function socketModeApp(workspace: Workspace): BoltApp {
  const clientOptions = { slackApiUrl: workspace.apiUrl };
  const receiver = new SocketModeReceiver({
    appToken: workspace.appToken,
    logLevel: LogLevel.ERROR,
    clientPingTimeout: 300,
    installerOptions: { clientOptions },
  });
  return new App({ token: workspace.botToken, receiver, clientOptions, logLevel: LogLevel.ERROR });
}
