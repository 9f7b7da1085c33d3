export function ServicePage() {
  return <h1 tabIndex={-1}>ServicePage</h1>;
}
