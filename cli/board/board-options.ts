import type { Command } from 'commander';

/** Options of `mesh board`, and of `mesh bot` that serves the board, too. */
export type BoardOptions = {
  readonly url?: string;
  readonly issuer?: string;
  readonly identityClaim?: string;
  readonly withoutSignIn?: boolean;
  readonly controlPlane?: readonly string[];
  readonly slackUrl?: string;
};

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** All that says how the board is served, but where it listens. */
export const withBoardOptions = (command: Command): Command =>
  command
    .option('--url <url>', 'where people reach the board, such as https://board.example (default: where it listens)')
    .option('--issuer <url>', 'people sign in there and decide on the page; https://slack.com: "Sign in with Slack"')
    .option(
      '--identity-claim <name>',
      'the claim that holds a login of access.people (default: the team and user of Slack)',
    )
    .option('--without-sign-in', 'lets everybody look who reaches it, also from other machines')
    .option('--control-plane <stage=url>', 'the admin API of a control plane; repeat for several', collect)
    .option('--slack-url <url>', 'the workspace, such as https://acme.slack.com; promotions link to their message');
