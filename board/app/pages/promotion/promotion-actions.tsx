import type { PromotionView } from '../../../api/types/promotion.ts';
import { ActionButton } from '../../actions/action-button.tsx';
import { promotionOffers } from '../../actions/promotion-offers.tsx';
import { useMay } from '../../actions/use-may.ts';

/** What the person of this page may do with a promotion now. */
export function PromotionActions({ view }: { readonly view: PromotionView }) {
  const may = useMay(view.promotion.stage);
  if (!may) return null;
  return (
    <>
      {promotionOffers(view)
        .filter(({ kind }) => may.kinds.includes(kind))
        .map(({ kind, offer }) => (
          <ActionButton key={kind} offer={offer} csrf={may.csrf} />
        ))}
    </>
  );
}
