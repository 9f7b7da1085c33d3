import type { JsonObject } from '../model.ts';
import type { WorkspaceState } from '../state.ts';
import type { CallArguments } from './arguments.ts';
import type { Limit } from './rate-limits.ts';

/** Who this workspace's one app is. */
export type AppIdentity = {
  readonly appId: string;
  readonly teamId: string;
  readonly teamDomain: string;
  /** Of the organisation that the workspace is a part of. */
  readonly enterpriseId: string | undefined;
  /** The token is of the whole organisation. */
  readonly isEnterpriseInstall: boolean;
  readonly botId: string;
  readonly botUserId: string;
};

export type CallContext = {
  readonly state: WorkspaceState;
  readonly app: AppIdentity;
  /** Where this server answers, without a trailing slash. */
  readonly baseUrl: string;
  /** Uses up a trigger id. @throws SlackError when it is unknown, used or too old. */
  readonly takeTrigger: (triggerId: string) => string;
  readonly openSocket: () => string;
  /** What the bot's token may do. */
  readonly scopes: readonly string[];
  readonly uploads: Map<string, Upload>;
};
export type Upload = { readonly id: string; readonly name: string; readonly length: number; bytes: Buffer | undefined };

export type Method = {
  readonly name: string;
  readonly token: 'bot' | 'app';
  /** Any one of them is enough; none means that a token alone is. */
  readonly scopes: readonly string[];
  readonly limit: Limit;
  /** What the answer holds besides `ok: true`. @throws SlackError */
  readonly run: (args: CallArguments, context: CallContext) => JsonObject;
};
