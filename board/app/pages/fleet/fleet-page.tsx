export function FleetPage() {
  return <h1 tabIndex={-1}>FleetPage</h1>;
}
