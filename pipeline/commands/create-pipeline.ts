import type { StageName } from '../../render/ids.ts';
import type { EnginePorts } from '../engine/ports.ts';
import type { Answer } from './answer.ts';
import { refused } from './answers.ts';
import { help } from './ask/help.ts';
import { history } from './ask/history.ts';
import { plan } from './ask/plan.ts';
import { status } from './ask/status.ts';
import { verify } from './ask/verify.ts';
import { why } from './ask/why.ts';
import type { Command, Query } from './command.ts';
import { approve } from './execute/approve.ts';
import { answeredBefore, auditRefusal, type Desk, findingOf, openDesk } from './execute/desk.ts';
import { adopt, reconcile } from './execute/drifted.ts';
import { cancel, reject } from './execute/end-it.ts';
import { breakGlass, confirm } from './execute/glass.ts';
import { freeze, release, resume, stop, unfreeze } from './execute/holds-and-freezes.ts';
import { promote } from './execute/promote.ts';
import { retry } from './execute/retry.ts';
import { rollback } from './execute/rollback.ts';
import type { Pipeline } from './pipeline.ts';

/** The functions behind every face. */
export function createPipeline(ports: EnginePorts): Pipeline {
  return {
    async execute(command, caller) {
      const desk = openDesk(ports, caller, new AbortController().signal);
      try {
        return (await answeredBefore(desk)) ?? (await run(command, desk));
      } catch (fault) {
        return auditRefusal(desk, command, findingOf(fault, stageOf(command)));
      }
    },
    async ask(query, caller) {
      const desk = openDesk(ports, caller, new AbortController().signal);
      try {
        if (query.kind !== 'help') await desk.somebody();
        return await answered(query, desk);
      } catch (fault) {
        return refused(findingOf(fault, 'stage' in query ? query.stage : undefined));
      }
    },
  };
}

function answered(query: Query, desk: Desk): Answer | Promise<Answer> {
  switch (query.kind) {
    case 'status':
      return status(desk);
    case 'plan':
      return plan(query.stage, query.revision, desk);
    case 'why':
      return why(query.promotion, desk);
    case 'history':
      return history(query.stage, desk);
    case 'verify':
      return verify(query.revision, desk);
    case 'help':
      return help(query.word);
    default:
      return query satisfies never;
  }
}

const stageOf = (command: Command): StageName | undefined => ('stage' in command ? command.stage : undefined);

function run(command: Command, desk: Desk): Promise<Answer> {
  switch (command.kind) {
    case 'promote':
      return promote(command, desk);
    case 'approve':
      return approve(command, desk);
    case 'reject':
      return reject(command, desk);
    case 'cancel':
      return cancel(command, desk);
    case 'retry':
      return retry(command, desk);
    case 'rollback':
      return rollback(command, desk);
    case 'release':
      return release(command, desk);
    case 'freeze':
      return freeze(command, desk);
    case 'unfreeze':
      return unfreeze(command, desk);
    case 'stop':
      return stop(command, desk);
    case 'resume':
      return resume(command, desk);
    case 'break-glass':
      return breakGlass(command, desk);
    case 'confirm':
      return confirm(command, desk);
    case 'reconcile':
      return reconcile(command, desk);
    case 'adopt':
      return adopt(command, desk);
    default:
      return command satisfies never;
  }
}
