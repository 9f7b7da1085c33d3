import { peopleDirectory } from '../pipeline/access/people-directory.ts';
import type { SlackPeople } from '../pipeline/access/slack-people.ts';
import { createPipeline } from '../pipeline/commands/create-pipeline.ts';
import { parseCommand } from '../pipeline/commands/parse-command.ts';
import type { EnginePorts } from '../pipeline/engine/ports.ts';
import type { BotOptions } from './bot.ts';
import { engineInsight } from './engine-insight.ts';

/** What the bot asks of the engine, wired to the real one. `ports` look people up through the same `slack`. */
export function engineSide(
  ports: EnginePorts,
  slack: SlackPeople,
): Pick<BotOptions, 'pipeline' | 'insight' | 'people' | 'parse'> {
  const insight = engineInsight(ports);
  return {
    pipeline: createPipeline(ports),
    insight,
    people: async (promotion) => {
      const policy = await insight.policy(promotion);
      if (!policy) throw new Error('no policy is known');
      return peopleDirectory(policy, slack);
    },
    // The words that are no stage are refused by the pipeline; a repository that cannot be read must not keep people from `/mesh stop`.
    parse: async (text) => parseCommand(text, { stages: await insight.stages().catch(() => []) }),
  };
}
