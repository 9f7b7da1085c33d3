import type { PromotionId } from '../../pipeline/ids.ts';
import type { StageName } from '../../render/ids.ts';
import type { AuditVerification } from './types/audit.ts';
import type { CompareChoices, CompareView } from './types/compare.ts';
import type { FleetPayload } from './types/fleet.ts';
import type { HistoryQuery, HistoryView } from './types/history.ts';
import type { MeshMapView } from './types/mesh-map.ts';
import type { PromotionView } from './types/promotion.ts';
import type { ServiceView } from './types/service.ts';
import type { StagesView } from './types/stages.ts';
import type { VerificationsView, VerificationView } from './types/verification.ts';

export type FleetQuery = {
  readonly stage?: string | undefined;
  readonly state?: string | undefined;
  readonly version?: string | undefined;
  /** A part of the node's name. */
  readonly text?: string | undefined;
};
export type CompareQuery = { readonly from: string; readonly to: string; readonly stage?: string | undefined };

/** What the pages of the board show. Undefined: there is none of that name. Every one rejects when the store is gone. */
export type BoardReads = {
  stages(): Promise<StagesView>;
  promotion(id: PromotionId): Promise<PromotionView | undefined>;
  meshMap(stage: StageName, minutes: number): Promise<MeshMapView | undefined>;
  service(stage: StageName, name: string, minutes: number): Promise<ServiceView | undefined>;
  fleet(query: FleetQuery): Promise<FleetPayload>;
  history(query: HistoryQuery): Promise<HistoryView>;
  /** Rejects with `BoardRefusal` where a side is no stage, digest or revision. */
  compare(query: CompareQuery): Promise<CompareView>;
  choices(): Promise<CompareChoices>;
  /** The newest first; `before`: those with lower numbers. */
  verifications(query: { readonly before?: number | undefined }): Promise<VerificationsView>;
  verification(id: string): Promise<VerificationView | undefined>;
  verifyAudit(): Promise<AuditVerification>;
};
