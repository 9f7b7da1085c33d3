import type { PromotionView } from '../../../api/types/promotion.ts';
import { ActionButtons } from '../../actions/action-buttons.tsx';
import { promotionOffers } from '../../actions/promotion-offers.tsx';
import { useMay } from '../../actions/use-may.ts';

/** What the person of this page may do with a promotion now. */
export function PromotionActions({ view }: { readonly view: PromotionView }) {
  const here = useMay(view.promotion.stage);
  const everywhere = useMay();
  if (!here) return null;
  // All stages move again only by somebody who may let each of them.
  const offers = promotionOffers(view, here.asks).filter(({ kind }) =>
    (kind === 'resume' ? everywhere : here)?.has(kind),
  );
  return <ActionButtons offers={offers} may={here} />;
}
