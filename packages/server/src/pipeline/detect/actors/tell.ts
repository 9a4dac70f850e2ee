import type { IdentityId } from "@tyr/contract";
import type { TopicBus } from "#platform/bus";
import { ownCampaignOf, ownIdentityOf } from "./accumulate.ts";
import type { IdentityStep } from "./cluster-identities.ts";
import { confidenceOf } from "./link.ts";
import type { LadderChange, Plan } from "./plan.ts";
import type { ScoreChange } from "./score-changes.ts";

const idOf = (text: string): IdentityId => text as IdentityId;

/** Told after the commit, and only what changed. */
export function tellIdentities(topics: TopicBus, { plan, forming }: IdentityStep): void {
  for (const observation of forming) {
    const payload = {
      identity_id: ownIdentityOf(observation),
      observation_ids: [observation.id],
      confidence: 1,
      first_seen_at: new Date(observation.firstSeenMs).toISOString(),
    };
    topics.publish("identity.formed", { payload });
  }
  const observationOf = new Map<string, IdentityStep["forming"][number]["id"]>(
    forming.map((one) => [ownIdentityOf(one), one.id]),
  );
  for (const change of plan.changes) tellIdentity(topics, change, observationOf.get(change.loser));
}

/** At most once, as clustering tells: who has to know reads the risk where it stands. */
export function tellScores(topics: TopicBus, changes: readonly ScoreChange[]): void {
  for (const { observationId, address, before, after, severity } of changes) {
    const payload = {
      observation_id: observationId,
      attacker_ip: address,
      risk: after,
      risk_before: before,
      severity,
    };
    topics.publish("attacker.scored", { payload });
  }
}

type Joined = IdentityStep["forming"][number]["id"] | undefined;

export function tellIdentity(
  topics: TopicBus,
  { kind, winner, loser, confidence }: LadderChange,
  joined?: Joined,
): void {
  const pair = { winner_id: idOf(winner), loser_id: idOf(loser) };
  if (kind === "unmerged") {
    topics.publish("identity.unmerged", { payload: pair });
    return;
  }
  const after = confidenceOf(confidence);
  const observation_ids = joined === undefined ? [] : [joined];
  topics.publish("identity.merged", { payload: { ...pair, observation_ids, confidence_after: after } });
  if (joined === undefined) return;
  const linked = { identity_id: idOf(winner), observation_id: joined, confidence: after };
  topics.publish("identity.observation.linked", { payload: linked });
}

type Campaigns = Readonly<{ plan: Pick<Plan, "changes">; grouped: ReadonlySet<string> }>;

/** @param grouped identities whose campaign held others before: only such a one is a campaign that merges */
export function tellCampaigns(topics: TopicBus, { plan: { changes }, grouped }: Campaigns): void {
  const formed = Map.groupBy(
    changes.filter(({ kind, winner }) => kind === "merged" && !grouped.has(winner)),
    ({ winner }) => winner,
  );
  for (const [winner, joining] of formed) {
    const identity_ids = [winner, ...joining.map(({ loser }) => loser)].map(idOf);
    const confidence = confidenceOf(joining.reduce((least, one) => Math.min(least, one.confidence), Infinity));
    topics.publish("campaign.formed", { payload: { campaign_id: ownCampaignOf(winner), identity_ids, confidence } });
  }
  for (const { kind, winner, loser } of changes) {
    const campaign_id = ownCampaignOf(winner);
    const pair = { winner_id: campaign_id, loser_id: ownCampaignOf(loser) };
    if (kind === "unmerged") topics.publish("campaign.unmerged", { payload: pair });
    else if (grouped.has(loser)) topics.publish("campaign.merged", { payload: pair });
    if (kind === "unmerged") continue;
    const payload = { identity_id: idOf(loser), campaign_id };
    topics.publish("campaign.identity.assigned", { payload });
    topics.publish("identity.campaign.assigned", { payload });
  }
}
