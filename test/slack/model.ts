/** Any JSON value; what an app sends is data of unknown shape until it has been checked. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
export type JsonObject = { readonly [member: string]: Json | undefined };

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
export const objectsIn = (value: unknown): JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : []);
export const textIn = (value: unknown): string => (typeof value === 'string' ? value : '');

/** A member of the workspace, of a connected foreign one (a stranger), or a bot. */
export type Person = {
  readonly id: string;
  readonly name: string;
  readonly realName: string;
  readonly email: string | undefined;
  /** IANA name. */
  readonly tz: string;
  readonly teamId: string;
  readonly enterpriseId: string | undefined;
  readonly isBot: boolean;
  readonly isRestricted: boolean;
  readonly isUltraRestricted: boolean;
  readonly isStranger: boolean;
  readonly deleted: boolean;
};

export type UserGroup = {
  readonly id: string;
  readonly handle: string;
  readonly name: string;
  readonly members: readonly string[];
  readonly disabled: boolean;
};

export type Channel = {
  readonly id: string;
  readonly name: string;
  readonly kind: 'public' | 'private' | 'im';
  readonly members: readonly string[];
  readonly archived: boolean;
};

/** What a message said before an edit. */
export type EarlierVersion = {
  readonly text: string;
  readonly blocks: readonly JsonObject[];
  readonly untilTs: string;
};

export type Message = {
  readonly ts: string;
  readonly channel: string;
  readonly user: string;
  /** Set when an app posted it. */
  readonly botId: string | undefined;
  readonly text: string;
  readonly blocks: readonly JsonObject[];
  readonly metadata: JsonObject | undefined;
  readonly threadTs: string | undefined;
  /** A reply that is shown in the channel too. */
  readonly broadcast: boolean;
  readonly editedTs: string | undefined;
  readonly history: readonly EarlierVersion[];
  readonly reactions: readonly { readonly name: string; readonly users: readonly string[] }[];
  /** The only person who sees it; undefined for a message that everybody sees. */
  readonly visibleTo: string | undefined;
};

export type View = {
  readonly id: string;
  readonly kind: 'modal' | 'home';
  /** Whom it is shown to. */
  readonly user: string;
  readonly hash: string;
  readonly rootViewId: string;
  readonly previousViewId: string | undefined;
  readonly definition: JsonObject;
  /** Complaints by block id, after an answer with `response_action: errors`. */
  readonly errors: Readonly<Record<string, string>>;
};

/** Somebody was mentioned. On an edit Slack shows the mention without pinging. */
export type Notification = {
  readonly userId: string;
  readonly channel: string;
  readonly ts: string;
  /** The sequence of the text that did it, such as `<!subteam^S1>`. */
  readonly because: string;
  readonly pings: boolean;
};

/** Something that Slack lets pass and a careful app avoids, such as a message without fallback text. */
export type Warning = { readonly code: string; readonly method: string; readonly detail: string };
