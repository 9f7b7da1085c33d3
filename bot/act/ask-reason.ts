import type { Command } from '../../pipeline/commands/command.ts';
import type { Promotion } from '../../pipeline/promotion/promotion.ts';
import type { PipelineReader } from '../../pipeline/store/pipeline-store.ts';
import { shortDigest } from '../../render/ids.ts';
import { bindingIn, whatIsDecided } from '../render/buttons.ts';
import type { ReasonFor } from '../render/modals.ts';

/** A reason that is still to be given, what the form says it is for, and how to say all of it in words. */
export type Asked = { readonly ask: ReasonFor; readonly about: string; readonly inWords: string };

/** The form for a command that lacks its reason; undefined: it lacks nothing. */
export async function askOfCommand(command: Command, read: PipelineReader): Promise<Asked | undefined> {
  switch (command.kind) {
    case 'reject':
    case 'break-glass': {
      const isWhole = command.kind === 'reject' || command.typedStage !== '';
      if (command.reason.trim() !== '' && isWhole) return undefined;
      const promotion = await read.promotion(command.promotion);
      // What does not exist is for the pipeline to refuse.
      if (!promotion) return undefined;
      return command.kind === 'reject' ? askRejection(promotion) : askGlass(promotion, command.gates);
    }
    case 'rollback':
      if (command.reason.trim() !== '') return undefined;
      return askRollback(command.stage, command.digest, undefined, read);
    case 'freeze':
      if (command.reason.trim() !== '') return undefined;
      return {
        ask: { kind: 'freeze', stage: command.stage },
        about:
          command.stage === undefined
            ? 'Freezes every stage.'
            : `Freezes stage ${command.stage}. Going back to a verified version stays possible.`,
        inWords: `Or: freeze ${command.stage ?? ''} REASON`,
      };
    default:
      return undefined;
  }
}

export const askRejection = (promotion: Promotion): Asked => ({
  ask: { kind: 'reject', promotion: promotion.id, binding: bindingIn(promotion) },
  about: whatIsDecided(promotion, 'Refuses'),
  inWords: `Or: reject ${promotion.id} REASON`,
});

export async function askRollback(
  stage: string,
  digest: string | undefined,
  promotion: Promotion | undefined,
  read: PipelineReader,
): Promise<Asked> {
  const { live, past } = await read.stage(stage as Parameters<PipelineReader['stage']>[0]);
  const running = promotion && promotion.state.kind !== 'promoted' ? whatIsDecided(promotion, 'Takes back') : undefined;
  const to = digest ?? past[0]?.digest;
  const about =
    running ??
    `Rolls stage ${stage} back from ${live ? shortDigest(live.digest) : 'nothing'} to ${to ? to.slice(0, 12) : 'what was live before'}; the whole stage takes it at once, and is then held until a person releases it.`;
  return {
    ask: { kind: 'rollback', stage, digest, promotion: promotion?.id },
    about,
    inWords: `Or: rollback ${stage} ${digest ?? ''} REASON`,
  };
}

/** `gates`: those that were named already. The form has all of them to tick. */
export function askGlass(promotion: Promotion, gates: Extract<Command, { kind: 'break-glass' }>['gates']): Asked {
  const { id, request } = promotion;
  return {
    ask: { kind: 'break-glass', promotion: id, stage: request.stage, gates },
    about: whatIsDecided(promotion, 'Breaks the glass for'),
    inWords: `Or: break-glass ${id} ${request.stage} --gates ${gates.join(',') || 'GATE,GATE'} because …`,
  };
}
