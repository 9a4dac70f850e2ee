import type { EventId } from "@tyr/contract";
import type { DerivedEvent } from "#collect";
import type { IntelAnswer } from "./answer.ts";
import type { Indicator } from "./indicator.ts";

/** The event that brought an indicator up: a verdict is about its source, at its time. */
export type Occasion = Readonly<{ id: EventId; time: Date; src: string | null }>;

/** What a provider or a list says of an indicator. */
export type Said = Readonly<{ provider: string; indicator: Indicator; answer: IntelAnswer }>;

/** A digest of nothing secret: the same answer on the same day is the same event. */
function answerKey(answer: IntelAnswer): string {
  const {
    verdict,
    score,
    categories = [],
    classification = "",
    noise,
    threatTypes = [],
    malwareFamilies = [],
  } = answer;
  return JSON.stringify([verdict, score, categories, classification, noise === true, threatTypes, malwareFamilies]);
}

/** The day of an event, by the clock of UTC. */
export function dayOf(time: Date): string {
  return time.toISOString().slice(0, 10);
}

/** A verdict as an event, which rules of category `intel` read: once a day for each source and answer. */
export function verdictEvent({ provider, indicator, answer }: Said, { id, time, src }: Occasion): DerivedEvent {
  const { kind, value } = indicator;
  const isBad = answer.verdict === "malicious";
  return {
    kind: "intel",
    action: "intel.verdict",
    category: "intel",
    service: provider,
    identity: [provider, kind, value, src ?? "", dayOf(time), answerKey(answer)],
    time,
    src,
    outcome: "success",
    severity: isBad ? "medium" : "low",
    fields: {
      "intel.provider": provider,
      "intel.verdict": answer.verdict,
      "intel.score": answer.score,
      "intel.categories": answer.categories,
      "intel.classification": answer.classification,
      "intel.noise": answer.noise,
      "intel.threat_types": answer.threatTypes,
      "intel.malware_families": answer.malwareFamilies,
      "intel.indicator.kind": kind,
      "intel.indicator.sha256": kind === "sha256" ? value : undefined,
      "intel.indicator.fingerprint": kind === "ip" || kind === "sha256" ? undefined : value,
    },
    from: [id],
  };
}
