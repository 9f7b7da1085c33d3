/** A Slack account, as far as deciding needs it. */
export type SlackUser = {
  /** `slack:E…/W…` in an Enterprise Grid organisation, `slack:T…/U…` elsewhere: the one that never changes with the workspace. */
  readonly canonical: string;
  /** Other identities of the same account, such as those of each workspace of the organisation. */
  readonly aliases: readonly string[];
  readonly isDeactivated: boolean;
  readonly isBot: boolean;
  /** Of one channel or several (`is_restricted`, `is_ultra_restricted`). */
  readonly isGuest: boolean;
  /** Of another workspace, through a shared channel. */
  readonly isStranger: boolean;
  readonly email: string | undefined;
};

/** Asks Slack at the moment of a decision. Both reject when Slack cannot be asked; that is never an answer. */
export type SlackPeople = {
  /** `slack:TEAM/USER` → the account; undefined: Slack knows none. */
  userInfo(identity: string): Promise<SlackUser | undefined>;
  /** The identities of a user group's active members (`S0123ABC`), in any of the forms that `SlackUser` has. */
  membersOf(slackUserGroup: string): Promise<readonly string[]>;
};
