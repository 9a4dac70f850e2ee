import { DERIVED_SENSOR } from "#collect";
import type { DetectionTag } from "./detection.ts";
import type { OnDropped } from "./dropped-tags.ts";
import type { EvaluatedEvent } from "./evaluate.ts";
import { evidenceFor, type EvidenceSource } from "./evidence.ts";
import { CONFIDENCE_DEFAULT } from "./rule-extension.ts";
import type { PackRule } from "./rule-pack.ts";
import { CONFIDENCE_MIN, isAnchored, makeTag } from "./tag.ts";

/** What a finding rests on. `ceiling` is what somebody clipped the rule to, 0 to 1. */
export type TagSource = Readonly<{
  event: EvaluatedEvent;
  evidence: EvidenceSource;
  observation: string | null;
  ceiling: number;
  onDropped: OnDropped;
}>;

/** The tags of one finding: one per technique the rule names. A finding about nobody has none. */
export function makeTags(
  rule: PackRule,
  { event, evidence, observation, ceiling, onDropped }: TagSource,
): readonly DetectionTag[] {
  const anchor = { observation, identity: identityOf(event) };
  if (!isAnchored(anchor)) return [];
  const scale = scaleOf(rule, event);
  return rule.techniques.flatMap(({ technique, subTechnique, tactic, domain, release, named }): DetectionTag[] => {
    const confidence = Math.min(confidenceOf(rule, named) * scale, ceiling);
    if (confidence < CONFIDENCE_MIN) {
      onDropped("below_floor", 1);
      return [];
    }
    const tag = {
      ...anchor,
      ruleId: rule.id,
      ruleVersion: rule.version,
      sourceKind: event.kind,
      sourceId: event.id,
      technique,
      subTechnique,
      tactic,
      confidence,
      evidence: evidenceFor(event.kind, rule.evidence, evidence),
      attackDomain: domain,
      attackRelease: release,
      session: sessionOf(event),
    };
    return [makeTag(tag)];
  });
}

/**
 * Whether what a rule counts on leaves anything to say: a provider that is so unsure of an address that no technique reaches
 * the floor has not said that it attacks. Then there is no finding and no risk either, and no correlation counts it.
 */
export function isVouchedFor(rule: PackRule, event: EvaluatedEvent): boolean {
  if (rule.confidenceField === undefined) return true;
  const { confidence, techniques } = rule;
  const own = typeof confidence === "number" ? confidence : CONFIDENCE_DEFAULT;
  const surest = techniques.reduce((most, { named }) => Math.max(most, confidenceOf(rule, named)), 0);
  return (techniques.length === 0 ? own : surest) * scaleOf(rule, event) >= CONFIDENCE_MIN;
}

const IDENTITY = /^idn_[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Only what Tyr derived itself says whose hands it saw: anybody else could name an identity. */
function identityOf({ sensorId, fields }: EvaluatedEvent): string | null {
  const id = sensorId === DERIVED_SENSOR.id ? fields["identity.id"] : undefined;
  return typeof id === "string" && IDENTITY.test(id) ? id : null;
}

const SESSION_CHARS_MAX = 200;

/** A longer name of a session could not be asked for. */
function sessionOf({ session = null }: EvaluatedEvent): string | null {
  return session === null || session === "" ? null : session.slice(0, SESSION_CHARS_MAX).toWellFormed();
}

function confidenceOf(rule: PackRule, named: string): number {
  const { confidence } = rule;
  return typeof confidence === "number" ? confidence : (confidence[named] ?? CONFIDENCE_DEFAULT);
}

/** Never above 1. An event without the number the rule counts on is one nobody vouches for: it makes no tag. */
function scaleOf({ confidenceField }: PackRule, { fields, ecs }: EvaluatedEvent): number {
  if (confidenceField === undefined) return 1;
  const value = ecs[confidenceField] ?? fields[confidenceField];
  return typeof value === "number" && value >= 0 ? Math.min(value, 1) : 0;
}
