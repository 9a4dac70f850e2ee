import type { CampaignId, IdentityId, ObservationId } from "@tyr/contract";
import type { ReadDatabase } from "#platform/database";
import { addressOfObservation, anchorsBy } from "./anchor-store.ts";

/** Who belongs to whom, as those ask who follow tags up the ladder. Asked each time: merges are soft and may be revoked. */
export type LadderAnchors = Readonly<{
  /** The address of an observation; undefined for one nobody has seen. */
  addressOf: (observation: string) => Promise<string | undefined>;
  /** Addresses and identities whose tags are those of an identity: itself, what it was merged with, their addresses. */
  anchorsOfIdentity: (identity: string) => Promise<readonly string[]>;
  /** The same for each identity of a campaign. */
  anchorsOfCampaign: (campaign: string) => Promise<ReadonlyMap<string, readonly string[]>>;
}>;

export function ladderAnchors(db: ReadDatabase): LadderAnchors {
  return {
    addressOf: async (observation) => await addressOfObservation(db, observation as ObservationId),
    anchorsOfIdentity: async (identity) => {
      const found = await anchorsBy(db, { identity: identity as IdentityId });
      return [...found.values()].flat();
    },
    anchorsOfCampaign: async (campaign) => await anchorsBy(db, { campaign: campaign as CampaignId }),
  };
}
