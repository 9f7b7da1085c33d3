/** The same page of another stage. What was chosen on it stays. */
export function StageSwitch(props: {
  readonly stages: readonly string[];
  readonly stage: string | undefined;
  readonly hrefOf: (stage: string) => string;
}) {
  const { stages, stage, hrefOf } = props;
  return (
    <nav class="segments" aria-label="Stage">
      {stages.map((name) => (
        <a key={name} href={`${hrefOf(name)}${location.search}`} aria-current={name === stage ? 'true' : undefined}>
          {name}
        </a>
      ))}
    </nav>
  );
}
