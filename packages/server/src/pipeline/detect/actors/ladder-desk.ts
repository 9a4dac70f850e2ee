import { ok, refuse, type Actor, type CampaignId, type IdentityId, type Result } from "@tyr/contract";
import type { TopicBus } from "#platform/bus";
import type { Clock } from "#platform/clock";
import type { Database, Fact, WriteTransaction } from "#platform/database";
import { campaignPlace } from "./campaign-store.ts";
import { groupedBefore } from "./cluster-campaigns.ts";
import { identitiesById, putRuling } from "./ladder-store.ts";
import { plan, type Plan } from "./plan.ts";
import type { Rung } from "./tables.ts";
import { tellCampaigns, tellIdentity } from "./tell.ts";
import { writePlan } from "./write-plan.ts";

type LadderBy = Readonly<{ actor: Actor; requestId: string | null }>;
type Said = LadderBy & Readonly<{ reason: string }>;

/** What people say about who is who. It stands above what the clustering sees, until they say something else. */
export type LadderDesk = Readonly<{
  mergeIdentities(id: IdentityId, other: IdentityId, said: Said): Promise<Result<undefined>>;
  /** Takes a merged identity out of its winner; the two are kept apart from then on. */
  unmergeIdentity(id: IdentityId, said: Said): Promise<Result<undefined>>;
  mergeCampaigns(id: CampaignId, other: CampaignId, said: Said): Promise<Result<undefined>>;
  unmergeCampaign(id: CampaignId, said: Said): Promise<Result<undefined>>;
}>;

export type LadderDeskDeps = Readonly<{ database: Database; clock: Clock; topics: TopicBus }>;
/** Identities on both rungs: a campaign is ruled about by the identity that founded it. */
type Asked = Readonly<{
  rung: Rung;
  kind: "together" | "apart";
  id: string;
  other: string;
  object: string;
  with: string;
}>;

/** The clustering may change the ladder while somebody's ruling is worked out: then it is worked out again. */
const TRIES = 5;

export function createLadderDesk(deps: LadderDeskDeps): LadderDesk {
  const { read } = deps.database;
  return {
    async mergeIdentities(id, other, said) {
      if (id === other) return refuse("VALIDATION_FAILED", "body/with must be another identity");
      const known = await identitiesById(read, [id, other]);
      const missing = [id, other].find((one) => known.every((found) => found.id !== one));
      if (missing !== undefined) return unknown("identity", missing);
      return await rule(deps, { rung: "identity", kind: "together", id, other, object: id, with: other }, said);
    },
    async unmergeIdentity(id, said) {
      const [known] = await identitiesById(read, [id]);
      if (known === undefined) return unknown("identity", id);
      const winner = known.mergedInto;
      if (winner === null) return refuse("NOT_MERGED", `${id} is not merged into another identity`);
      return await rule(deps, { rung: "identity", kind: "apart", id, other: winner, object: id, with: winner }, said);
    },
    async mergeCampaigns(id, other, said) {
      const [one, two] = [await campaignPlace(read, id), await campaignPlace(read, other)];
      if (one === undefined) return unknown("campaign", id);
      if (two === undefined) return unknown("campaign", other);
      if (one.founder === two.founder) return refuse("VALIDATION_FAILED", "body/with must be another campaign");
      const pair = { id: one.founder, other: two.founder, object: id, with: other };
      return await rule(deps, { rung: "campaign", kind: "together", ...pair }, said);
    },
    async unmergeCampaign(id, said) {
      const place = await campaignPlace(read, id);
      if (place === undefined) return unknown("campaign", id);
      if (place.founder === place.leader) return refuse("NOT_MERGED", `${id} is not merged into another campaign`);
      const pair = { id: place.founder, other: place.leader, object: id, with: place.leads };
      return await rule(deps, { rung: "campaign", kind: "apart", ...pair }, said);
    },
  };
}

function unknown(noun: string, id: string) {
  return refuse("NOT_FOUND", `there is no ${noun} ${id}`);
}

/** The ruling, what follows from it and the entry of the log are one transaction. */
async function rule(deps: LadderDeskDeps, asked: Asked, said: Said): Promise<Result<undefined>> {
  const { database, clock, topics } = deps;
  const [a, b] = asked.id < asked.other ? [asked.id, asked.other] : [asked.other, asked.id];
  const ruling = { a, b, kind: asked.kind };
  for (let tries = 0; tries < TRIES; tries += 1) {
    const nodes = new Set<string>();
    const planned = await plan(database.read, { rung: asked.rung, nodes, links: [], fresh: [], ruled: [ruling] });
    const grouped = await groupedBefore(database.read, planned);
    const written = await database.audited(
      (isWritten: boolean) => (isWritten ? [factOf(asked, planned, said)] : []),
      async (tx: WriteTransaction) => {
        if (!(await writePlan(tx, planned))) return false;
        await putRuling(tx, asked.rung, { ...ruling, by: said.actor, at: clock.now(), reason: said.reason });
        return true;
      },
    );
    if (!written) continue;
    if (asked.rung === "campaign") tellCampaigns(topics, { plan: planned, grouped });
    else for (const change of planned.changes) tellIdentity(topics, change);
    return ok(undefined);
  }
  return refuse("NOT_READY", "the ladder of attackers changes all the time at the moment");
}

function factOf(asked: Asked, { changes }: Plan, { actor, requestId, reason }: Said): Fact {
  const isMerge = asked.kind === "together";
  return {
    type: isMerge ? "actor.merged" : "actor.unmerged",
    actor,
    requestId,
    object: { kind: asked.rung, id: asked.object },
    before: isMerge ? null : asked.with,
    after: isMerge ? asked.with : null,
    details: { rung: asked.rung, with: asked.with, reason, changes: changes.length },
  };
}
