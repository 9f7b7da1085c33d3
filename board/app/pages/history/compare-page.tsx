export function ComparePage() {
  return <h1 tabIndex={-1}>ComparePage</h1>;
}
