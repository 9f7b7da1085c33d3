/** How far somebody has heard: the newest row of the audit log, and the newest line of progress. */
export type Position = { readonly audit: number; readonly progress: number };

/** As the `id` of an event. */
export const positionText = ({ audit, progress }: Position): string => `${audit}-${progress}`;

/** Undefined: it is none of ours. */
export function positionOf(text: string | undefined): Position | undefined {
  const found = /^(\d{1,15})-(\d{1,15})$/.exec(text ?? '');
  return found ? { audit: Number(found[1]), progress: Number(found[2]) } : undefined;
}
