import { sourceLink } from '../../bot/render/finding-lines.ts';
import type { LiveView } from '../../bot/render/live-message.ts';
import type { PersonId } from '../../pipeline/ids.ts';
import type { Promotion } from '../../pipeline/promotion/promotion.ts';
import { NOW } from './facts.ts';

export const names = (person: PersonId): string => person;
export const link = sourceLink('https://git.example/mesh/blob/{revision}/{file}#L{line}');
export const viewOf = (promotion: Promotion, over: Partial<LiveView> = {}): LiveView => ({
  promotion,
  gates: [],
  cells: [],
  fleet: undefined,
  deadlineEpochMs: NOW + 3_600_000,
  canBeTakenBack: false,
  names,
  link,
  boardUrl: 'https://board.example',
  ...over,
});
