import {
  ok,
  refuse,
  type Campaign,
  type CampaignId,
  type CampaignRow,
  type Identity,
  type IdentityId,
  type IdentityRow,
  type LadderRuling,
  type Result,
} from "@tyr/contract";
import {
  campaignPlace,
  findCampaign,
  findIdentity,
  idsWithin,
  linksAmong,
  listAttackers,
  listCampaigns,
  listIdentities,
  phasesWithin,
  profileShown,
  rulingsAbout,
  type CampaignSummary,
  type IdentitySummary,
  type LadderDesk,
  type StoredRuling,
} from "#actors";
import type { Database, ReadDatabase } from "#platform/database";
import { placeOf, toPhases, toRow, writePlace } from "./attackers.ts";
import type { Call, Handlers } from "./handler.ts";

export type LadderDeps = Readonly<{ database: Pick<Database, "read">; desk: LadderDesk }>;

/** Members and links one answer shows. */
const SHOWN_MAX = 200;

type Nouns = "identity" | "campaign";

export function ladderHandlers({
  database: { read },
  desk,
}: LadderDeps): Pick<Handlers, Extract<keyof Handlers, `${Nouns}.${string}`>> {
  return {
    "identity.list": async ({ query }) => {
      const before = placeOf(query.after);
      if (!before.ok) return before;
      const { addresses, campaign, limit = 50 } = query;
      const found = await listIdentities(read, { addressesMin: addresses, campaign, before: before.value, limit });
      return ok({ items: found.rows.map(toIdentityRow), next: found.next && writePlace(found.next) });
    },
    "identity.get": async ({ params: { id } }) => await identity(read, id),
    "identity.merge": async ({ params: { id }, body }, call) => {
      const done = await desk.mergeIdentities(id, body.with, { ...byOf(call), reason: body.reason });
      return done.ok ? await identity(read, id) : done;
    },
    "identity.unmerge": async ({ params: { id }, body }, call) => {
      const done = await desk.unmergeIdentity(id, { ...byOf(call), reason: body.reason });
      return done.ok ? await identity(read, id) : done;
    },
    "campaign.list": async ({ query }) => {
      const before = placeOf(query.after);
      if (!before.ok) return before;
      const found = await listCampaigns(read, { before: before.value, limit: query.limit ?? 50 });
      return ok({ items: found.rows.map(toCampaignRow), next: found.next && writePlace(found.next) });
    },
    "campaign.get": async ({ params: { id } }) => await campaign(read, id),
    "campaign.merge": async ({ params: { id }, body }, call) => {
      const done = await desk.mergeCampaigns(id, body.with, { ...byOf(call), reason: body.reason });
      return done.ok ? await campaign(read, id) : done;
    },
    "campaign.unmerge": async ({ params: { id }, body }, call) => {
      const done = await desk.unmergeCampaign(id, { ...byOf(call), reason: body.reason });
      return done.ok ? await campaign(read, id) : done;
    },
  };
}

function byOf({ caller, requestId }: Call) {
  return { actor: caller.actor, requestId };
}

async function identity(read: ReadDatabase, id: IdentityId): Promise<Result<Identity>> {
  const found = await findIdentity(read, id);
  if (found === undefined) return refuse("NOT_FOUND", `there is no identity ${id}`);
  const within = await idsWithin(read, "identity", found.mergedInto ?? id);
  const members = await listAttackers(read, { filter: { identity: id }, sort: "last_seen", limit: SHOWN_MAX });
  const edges = await linksAmong(read, { rung: "identity", within, limit: SHOWN_MAX });
  return ok({
    ...toIdentityRow(found),
    members: members.rows.map((one) => ({ ...toRow(one), ownIdentityId: one.ownIdentityId ?? id })),
    edges: edges.map(({ reasons, ...edge }) => ({ ...edge, reasons: [...reasons] })),
    rulings: (await rulingsAbout(read, "identity", within)).map((one) => toRuling(one)),
    phases: toPhases(await phasesWithin(read, within)),
    profile: [...(await profileShown(read, found.mergedInto ?? id))],
  });
}

/** A campaign of one identity is none, but its id is known: rulings about it are shown, and so is that identity. */
async function campaign(read: ReadDatabase, id: CampaignId): Promise<Result<Campaign>> {
  const place = await campaignPlace(read, id);
  const alone = place === undefined ? undefined : await findIdentity(read, place.leader);
  if (place === undefined || alone === undefined) return refuse("NOT_FOUND", `there is no campaign ${id}`);
  const found = (await findCampaign(read, id)) ?? campaignOfOne(id, alone);
  const within = await idsWithin(read, "campaign", place.leader);
  const identities = await listIdentities(read, { ids: within as IdentityId[], limit: SHOWN_MAX });
  const edges = await linksAmong(read, { rung: "campaign", within, limit: SHOWN_MAX });
  return ok({
    ...toCampaignRow(found),
    identities: identities.rows.map(toIdentityRow),
    edges: edges.map(({ a, b, weight, reasons }) => ({ a, b, weight, reasons: [...reasons] })),
    rulings: (await rulingsAbout(read, "campaign", within)).map((one) => toRuling(one)),
  });
}

function campaignOfOne(id: CampaignId, alone: IdentitySummary): CampaignSummary {
  const { firstSeenAt, lastSeenAt, eventCount, riskScore, addressCount } = alone;
  const figures = { firstSeenAt, lastSeenAt, eventCount, riskScore, addressCount };
  return { id, mergedInto: null, leader: alone.id, identityCount: 1, ...figures };
}

function toIdentityRow({ firstSeenAt, lastSeenAt, ...row }: IdentitySummary): IdentityRow {
  return { ...row, firstSeenAt: firstSeenAt.toISOString(), lastSeenAt: lastSeenAt.toISOString() };
}

function toCampaignRow({ leader: _leader, firstSeenAt, lastSeenAt, ...row }: CampaignSummary): CampaignRow {
  return { ...row, firstSeenAt: firstSeenAt.toISOString(), lastSeenAt: lastSeenAt.toISOString() };
}

function toRuling({ at, ...ruling }: StoredRuling): LadderRuling {
  return { ...ruling, at: at.toISOString() };
}
