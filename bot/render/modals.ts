import type { ModalView, PlainTextOption } from '@slack/types';
import { REASON_LENGTH } from '../../pipeline/commands/reason-length.ts';
import { SKIPPABLE_GATES, type SkippableGate } from '../../pipeline/promotion/promotion.ts';
import { context, LIMITS, plain, section } from './blocks.ts';
import { code } from './escape.ts';

/** What a modal asks the reason of. It travels in `private_metadata`, and comes back as data from outside. */
export type ReasonFor =
  | { readonly kind: 'reject'; readonly promotion: string; readonly binding: string | undefined }
  | {
      readonly kind: 'rollback';
      readonly stage: string;
      readonly digest: string | undefined;
      readonly promotion: string | undefined;
    }
  | { readonly kind: 'freeze'; readonly stage: string | undefined }
  | {
      readonly kind: 'break-glass';
      readonly promotion: string;
      readonly stage: string;
      /** Ticked when the form opens. */
      readonly gates: readonly SkippableGate[];
    };

/** Where the answer goes once the modal is sent: the channel in which it was asked for. */
export type ModalState = { readonly ask: ReasonFor; readonly channel: string | undefined };

export const REASON_MODAL = 'mesh_reason';
export const REASON_BLOCK = 'reason';
export const STAGE_BLOCK = 'typed_stage';
export const GATES_BLOCK = 'gates';
export const INPUT = 'text';

const TITLES = { reject: 'Reject', rollback: 'Roll back', freeze: 'Freeze', 'break-glass': 'Break glass' } as const;

/**
 * Light, as the trigger lives for 3 s: everything that it shows is known when it is opened. `about` names stage, digest and blast
 * radius.
 */
export function reasonModal(state: ModalState, about: string): ModalView {
  const { ask } = state;
  const ticked =
    ask.kind === 'break-glass' ? SKIPPABLE_GATES.filter((gate) => ask.gates.includes(gate)).map(gateOption) : [];
  return {
    type: 'modal',
    callback_id: REASON_MODAL,
    private_metadata: JSON.stringify(state),
    title: plain(TITLES[ask.kind], LIMITS.modalTitle),
    submit: plain(TITLES[ask.kind], LIMITS.modalTitle),
    close: plain('Not now', LIMITS.modalTitle),
    blocks: [
      section(code(about, 1_500)),
      {
        type: 'input',
        block_id: REASON_BLOCK,
        label: plain('Reason', 100),
        hint: plain('Everybody reads it in the thread, and it stands in the audit log.', 150),
        element: {
          type: 'plain_text_input',
          action_id: INPUT,
          multiline: true,
          min_length: REASON_LENGTH.least,
          max_length: REASON_LENGTH.most,
        },
      },
      ...(ask.kind === 'break-glass'
        ? [
            {
              type: 'input' as const,
              block_id: STAGE_BLOCK,
              label: plain(`Type the stage's name: ${ask.stage}`, 150),
              element: { type: 'plain_text_input' as const, action_id: INPUT, max_length: 100 },
            },
            {
              type: 'input' as const,
              block_id: GATES_BLOCK,
              label: plain('Gates to skip', 100),
              element: {
                type: 'checkboxes' as const,
                action_id: INPUT,
                options: SKIPPABLE_GATES.map(gateOption),
                ...(ticked.length > 0 ? { initial_options: ticked } : {}),
              },
            },
            context([
              'The verdict and the guards are never skipped. A second person must confirm in time, or it is undone.',
            ]),
          ]
        : []),
    ],
  };
}

const gateOption = (gate: SkippableGate): PlainTextOption => ({ text: plain(gate, 75), value: gate });

/** `private_metadata` from outside; undefined for anything that is none of ours. */
export function readModalState(text: string | undefined): ModalState | undefined {
  try {
    const state = JSON.parse(text ?? '') as ModalState;
    if (typeof state.ask !== 'object' || state.ask === null || !(state.ask.kind in TITLES)) return undefined;
    return state;
  } catch {
    return undefined;
  }
}
