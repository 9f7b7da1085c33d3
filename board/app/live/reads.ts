import { boardClient } from '../../api/board-client.ts';
import type { AuditVerification } from '../../api/types/audit.ts';
import type { CompareChoices, CompareView } from '../../api/types/compare.ts';
import type { FleetPayload } from '../../api/types/fleet.ts';
import type { HistoryView } from '../../api/types/history.ts';
import type { Me } from '../../api/types/me.ts';
import type { MeshMapView } from '../../api/types/mesh-map.ts';
import type { PromotionView } from '../../api/types/promotion.ts';
import type { ServiceView } from '../../api/types/service.ts';
import type { StagesView } from '../../api/types/stages.ts';
import type { VerificationsView, VerificationView } from '../../api/types/verification.ts';
import { answerOf } from './problem.ts';
import type { Read } from './read.ts';

const api = boardClient(location.origin).api;
/** Names may hold a slash, and the client puts them into the path as they are. */
const inPath = (name: string): string => encodeURIComponent(name);
const never = (): boolean => false;

export const readMe: Read<Me> = {
  key: 'me',
  load: async () => answerOf(await api.me.$get()),
  isTouchedBy: ({ kind }) => kind === 'line' || kind === 'stage',
  restMs: 5_000,
};

export const readStages: Read<StagesView> = {
  key: 'stages',
  load: async () => answerOf(await api.stages.$get()),
  isTouchedBy: ({ kind }) => kind !== 'audit' && kind !== 'verifications',
};

export const readPromotion = (id: string): Read<PromotionView> => ({
  key: `promotion ${id}`,
  load: async () => answerOf(await api.promotions[':id'].$get({ param: { id: inPath(id) } })),
  isTouchedBy: (change) =>
    change.kind === 'line' ||
    change.kind === 'stage' ||
    // Its stage's Envoys: convergence, and the charts of the observation.
    (change.kind === 'fleet' && id.startsWith(`${change.stage}-`)) ||
    ('promotion' in change && change.promotion === id),
});

export const readMeshMap = (stage: string, minutes: string): Read<MeshMapView> => ({
  key: `mesh ${stage} ${minutes}`,
  load: async () => answerOf(await api.mesh[':stage'].$get({ param: { stage: inPath(stage) }, query: { minutes } })),
  isTouchedBy: (change) => (change.kind === 'fleet' || change.kind === 'stage') && change.stage === stage,
  restMs: 5_000,
});

export const readService = (stage: string, name: string, minutes: string): Read<ServiceView> => ({
  key: `service ${stage} ${minutes} ${name}`,
  load: async () => {
    const param = { stage: inPath(stage), name: inPath(name) };
    return answerOf(await api.mesh[':stage'].services[':name'].$get({ param, query: { minutes } }));
  },
  isTouchedBy: (change) => (change.kind === 'fleet' || change.kind === 'stage') && change.stage === stage,
  restMs: 2_000,
});

/** The whole fleet: filters are the page's own, so that they answer at once. */
export const readFleet: Read<FleetPayload> = {
  key: 'fleet',
  load: async () => answerOf(await api.fleet.$get({ query: {} })),
  isTouchedBy: ({ kind }) => kind === 'fleet',
  restMs: 2_000,
};

export const readHistory = (query: Readonly<Record<string, string>>): Read<HistoryView> => ({
  key: `history ${new URLSearchParams(query)}`,
  load: async () => answerOf(await api.history.$get({ query })),
  // A page that goes on before some row never changes.
  isTouchedBy: ({ kind }) => kind === 'audit' && query.before === undefined,
  restMs: 1_000,
});

export const readCompare = (query: { from: string; to: string; stage?: string }): Read<CompareView> => ({
  key: `compare ${new URLSearchParams(query)}`,
  load: async () => answerOf(await api.compare.$get({ query })),
  isTouchedBy: (change) => change.kind === 'stage' && [query.from, query.to].includes(change.stage),
});

export const readCompareChoices: Read<CompareChoices> = {
  key: 'compare-choices',
  load: async () => answerOf(await api.compare.choices.$get()),
  isTouchedBy: ({ kind }) => kind === 'stage',
  restMs: 5_000,
};

export const readVerifications = (query: Readonly<Record<string, string>>): Read<VerificationsView> => ({
  key: `verifications ${new URLSearchParams(query)}`,
  load: async () => answerOf(await api.verifications.$get({ query })),
  isTouchedBy: ({ kind }) => kind === 'verifications',
});

export const readVerification = (id: string): Read<VerificationView> => ({
  key: `verification ${id}`,
  load: async () => answerOf(await api.verifications[':id'].$get({ param: { id: inPath(id) } })),
  isTouchedBy: ({ kind }) => kind === 'verifications',
});

export const readAuditVerification: Read<AuditVerification> = {
  key: 'audit-verification',
  load: async () => answerOf(await api.audit.verify.$get()),
  isTouchedBy: never,
};
