export function MeshPage() {
  return <h1 tabIndex={-1}>MeshPage</h1>;
}
