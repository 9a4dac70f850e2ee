import type {
  ActionId,
  CampaignId,
  DetectionId,
  EventId,
  Id,
  IdentityId,
  ObservationId,
  ProfilePrimitive,
  ProfileState,
  SensorId,
  Severity,
} from "@tyr/contract";

type TagId = Id<"tag">;

/** Whom a message is about; at least one of them is known. */
type Anchors = Readonly<{
  observation_id: ObservationId | null;
  identity_id: IdentityId | null;
  session_id: string | null;
}>;

/** One command of a session, in the order they were typed. */
export type SessionCommand = Readonly<{
  /** `<session>#<place>`, from 0. */
  id: string;
  event_id: EventId;
  command_text: string;
  ts: string;
}>;

/** A session at a decoy is over: it was closed, or nothing came of it for a while. */
export type SessionEnded = Readonly<{
  /** Of the derived event that says the same. */
  event_id: EventId;
  session_id: string;
  observation_id: ObservationId;
  attacker_ip: string;
  sensor_id: SensorId;
  service: string;
  ended_at: string;
  /** Seconds, with a fraction. */
  duration_s: number;
  /** The first 200; `command_count` is all of them. */
  commands: readonly SessionCommand[];
  command_count: number;
}>;

export type EmailReceived = Readonly<{
  event_id: EventId;
  observation_id: ObservationId;
  attacker_ip: string;
  sensor_id: SensorId;
  body_sha256: string | null;
  rcpt_count: number;
  rcpt_domains: readonly string[];
  attachment_sha256s: readonly string[];
}>;

export type CanaryTriggered = Readonly<{
  event_id: EventId;
  token_id: string;
  observation_id: ObservationId | null;
  attacker_ip: string | null;
}>;

type IdentityNamed = Readonly<{ identity_id: IdentityId }>;

/** What each family of topics says: the one place publishers and readers agree in. */
export type TopicPayloads = {
  "attacker.observed": Readonly<{ observation_id: ObservationId; attacker_ip: string; first_seen_at: string }>;
  /** The kind (`hassh`, `ja3` …) rides in the envelope's `type`. */
  "attacker.fingerprinted": Readonly<{
    event_id: EventId;
    observation_id: ObservationId;
    attacker_ip: string;
    fingerprint: string;
  }>;
  /** Detections changed the risk of an address, from 0 to 100. */
  "attacker.scored": Readonly<{
    observation_id: ObservationId;
    attacker_ip: string;
    risk: number;
    risk_before: number;
    severity: Severity | null;
  }>;
  "attacker.session.started": Readonly<{
    session_id: string;
    observation_id: ObservationId;
    attacker_ip: string;
    sensor_id: SensorId;
    service: string;
    started_at: string;
  }>;
  "attacker.session.ended": SessionEnded;
  "attacker.intel.enriched": Readonly<{
    event_id: EventId;
    observation_id: ObservationId;
    attacker_ip: string;
    provider: string;
    verdict: string;
  }>;
  "identity.formed": IdentityNamed &
    Readonly<{ observation_ids: readonly ObservationId[]; confidence: number; first_seen_at: string }>;
  "identity.observation.linked": IdentityNamed & Readonly<{ observation_id: ObservationId; confidence: number }>;
  "identity.merged": Readonly<{
    winner_id: IdentityId;
    loser_id: IdentityId;
    observation_ids: readonly ObservationId[];
    confidence_after: number;
  }>;
  "identity.unmerged": Readonly<{ winner_id: IdentityId; loser_id: IdentityId }>;
  "identity.campaign.assigned": IdentityNamed & Readonly<{ campaign_id: CampaignId }>;
  "campaign.formed": Readonly<{ campaign_id: CampaignId; identity_ids: readonly IdentityId[]; confidence: number }>;
  "campaign.identity.assigned": IdentityNamed & Readonly<{ campaign_id: CampaignId }>;
  "campaign.merged": Readonly<{ winner_id: CampaignId; loser_id: CampaignId }>;
  "campaign.unmerged": Readonly<{ winner_id: CampaignId; loser_id: CampaignId }>;
  "attribution.profile.state_changed": IdentityNamed &
    Readonly<{ primitive: ProfilePrimitive; from: ProfileState; to: ProfileState; confidence: number; since: string }>;
  "attribution.profile.multi_actor_suspected": IdentityNamed &
    Readonly<{ primitives: readonly ProfilePrimitive[]; confidence: number }>;
  /** `secret_hash` is keyed: it tells equal secrets of this installation, never a secret. */
  "credential.captured": Readonly<{
    event_id: EventId;
    observation_id: ObservationId;
    sensor_id: SensorId;
    service: string;
    principal: string | null;
    secret_kind: string;
    secret_hash: string;
  }>;
  "credential.reuse.detected": Readonly<{
    event_id: EventId;
    observation_id: ObservationId;
    principal: string | null;
    secret_kind: string;
    secret_hash: string;
    target_count: number;
    attempt_count: number;
  }>;
  "canary.*.triggered": CanaryTriggered;
  "email.received": EmailReceived;
  /** Exactly the tags that were written. `techniques_added` are distinct and sorted. */
  "ttp.tagged": Anchors & Readonly<{ tag_ids: readonly TagId[]; techniques_added: readonly string[] }>;
  /** The segment is the parent technique: a sub-technique's id has a dot. */
  "ttp.rule.fired.*": Anchors & Readonly<{ technique_id: string; tag_ids: readonly TagId[] }>;
  "ttp.rule.suppressed": Readonly<{
    rule_id: string;
    reason: string;
    count: number;
    detection_ids?: readonly DetectionId[];
  }>;
  "ttp.rule.reloaded.*": Readonly<{ rule_id: string; change: "added" | "changed" | "removed"; version: string | null }>;
  "ttp.rule.state.*": Readonly<{
    rule_id: string;
    state: string;
    confidence_max: number | null;
    expires_at: string | null;
    set_by: string;
  }>;
  /** For those who decide. The segment is the kind: everything somebody has to look at now, or was done without them. */
  "approval.*": Readonly<{
    kind: ApprovalNews;
    action_id: ActionId | null;
    action_type: string | null;
    target: string | null;
    by: string;
    text: string | null;
    reasons: readonly string[];
    deadline_at: string | null;
  }>;
};

/** What those who decide are told of: what was done without them, or is about to be. */
type ApprovalNews = "break_glass" | "own_approval" | "single_person" | "nobody_can_approve";
