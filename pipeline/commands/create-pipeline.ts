import type { StageName } from '../../render/ids.ts';
import type { EnginePorts } from '../engine/ports.ts';
import type { Answer } from './answer.ts';
import type { Command } from './command.ts';
import { auditRefusal, type Desk, findingOf, openDesk } from './execute/desk.ts';
import { promote } from './execute/promote.ts';
import type { Pipeline } from './pipeline.ts';

/** The functions behind every face. */
export function createPipeline(ports: EnginePorts): Pipeline {
  return {
    async execute(command, caller) {
      const desk = openDesk(ports, caller, new AbortController().signal);
      try {
        return await run(command, desk);
      } catch (fault) {
        return auditRefusal(desk, command, findingOf(fault, stageOf(command)));
      }
    },
    async ask() {
      throw new Error('not yet');
    },
  };
}

const stageOf = (command: Command): StageName | undefined => ('stage' in command ? command.stage : undefined);

async function run(command: Command, desk: Desk): Promise<Answer> {
  switch (command.kind) {
    case 'promote':
      return promote(command, desk);
    default:
      throw new Error('not yet');
  }
}
