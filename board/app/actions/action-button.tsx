import { useState } from 'preact/hooks';
import { ActionDialog, type ActionOffer } from './action-dialog.tsx';

/** A button for something that a person may do: it asks first, and says exactly what would be done. */
export function ActionButton({ offer, csrf }: { readonly offer: ActionOffer; readonly csrf: string }) {
  const [isOpen, setOpen] = useState(false);
  const look =
    offer.weight === 'main' ? 'button button-main' : offer.weight === 'grave' ? 'button button-grave' : 'button';
  return (
    <>
      <button type="button" class={look} aria-haspopup="dialog" onClick={() => setOpen(true)}>
        {offer.verb}
      </button>
      {isOpen && <ActionDialog offer={offer} csrf={csrf} onClose={() => setOpen(false)} />}
    </>
  );
}
