import { useState } from 'preact/hooks';
import { ActionDialog } from './action-dialog.tsx';
import type { ActionOffer } from './action-offer.ts';
import type { May } from './use-may.ts';

const LOOKS = { main: 'button button-main', plain: 'button', grave: 'button button-grave' } as const;

/** Buttons for what a person may do: each asks first, and says exactly what would be done. A question stays open while things move on. */
export function ActionButtons({ offers, may }: { readonly offers: readonly ActionOffer[]; readonly may: May }) {
  const [open, setOpen] = useState<ActionOffer>();
  const now = offers.find(({ kind }) => kind === open?.kind);
  return (
    <>
      {offers.map((offer) => (
        <button
          key={offer.kind}
          type="button"
          class={LOOKS[offer.weight]}
          aria-haspopup="dialog"
          onClick={() => setOpen(offer)}
        >
          {offer.verb}
        </button>
      ))}
      {open && (
        <ActionDialog
          offer={open}
          hasMovedOn={now === undefined || now.asOf !== open.asOf}
          may={may}
          onClose={() => setOpen(undefined)}
        />
      )}
    </>
  );
}
