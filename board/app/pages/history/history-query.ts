/** What of the address goes to the server: days as people choose them become times, in UTC. */
export function historyQueryOf(query: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const { person, service, digest, stage, promotion, kind, from, to } = query;
  const start = dayStart(from);
  const end = dayStart(to);
  const DAY_MS = 86_400_000;
  const all = {
    person,
    service,
    digest: digest?.trim().toLowerCase(),
    stage,
    promotion,
    kind,
    fromEpochMs: start === undefined ? undefined : String(start),
    // The whole of the last day belongs to it.
    toEpochMs: end === undefined ? undefined : String(end + DAY_MS - 1),
  };
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, value]) => (value === undefined || value === '' ? [] : [[name, value]])),
  );
}

function dayStart(day: string | undefined): number | undefined {
  if (day === undefined || !/^\d{4}-\d\d-\d\d$/.test(day)) return undefined;
  const at = Date.parse(`${day}T00:00:00Z`);
  return Number.isNaN(at) ? undefined : at;
}
