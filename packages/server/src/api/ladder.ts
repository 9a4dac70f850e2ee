/** Who belongs to whom now: resolved when it is asked, so that a merge taken back is taken back here too. */
export type Ladder = Readonly<{
  /** The address of an observation; undefined for one nobody has seen. */
  addressOf: (observationId: string) => Promise<string | undefined>;
  /** Addresses and identities whose tags are those of an identity: itself, what it was merged with, their addresses. */
  anchorsOfIdentity: (identityId: string) => Promise<readonly string[]>;
  /** The same for each identity of a campaign. */
  anchorsOfCampaign: (campaignId: string) => Promise<ReadonlyMap<string, readonly string[]>>;
}>;

/** Where nobody clusters addresses an identity is itself alone, and no address is known by another name. */
export const noLadder: Ladder = {
  addressOf: async () => await Promise.resolve(undefined),
  anchorsOfIdentity: async (id) => await Promise.resolve([id]),
  anchorsOfCampaign: async () => await Promise.resolve(new Map()),
};
