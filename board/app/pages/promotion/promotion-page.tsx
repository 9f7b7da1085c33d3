export function PromotionPage() {
  return <h1 tabIndex={-1}>PromotionPage</h1>;
}
