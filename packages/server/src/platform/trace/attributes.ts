import type { IdentityId, ObservationId } from "@tyr/contract";

/** What a span may say: ids of ours, words of ours, and counts. There is no name here under which content would fit. */
export type SpanAttributes = Readonly<
  Partial<{
    observation_id: ObservationId;
    identity_id: IdentityId;
    /** A UUID. */
    rule_id: string;
    /** An ATT&CK id. */
    technique_id: string;
    /** Whose tick it is: a consumer of a stream. */
    worker: string;
    /** The code of a refusal or of breakage. */
    error_code: string;
  }> &
    Partial<Record<SpanCount, number>>
>;
type SpanCount =
  | "derived"
  | "detections"
  | "events"
  | "failures"
  | "files"
  | "messages"
  | "questions"
  | "rejected"
  | "rules"
  | "tags";

const UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";
/** A rule's id is written by whoever wrote the rule, a code by whoever threw: the form decides what goes out. */
const FORMS: Readonly<Record<string, RegExp>> = {
  observation_id: new RegExp(`^atk_${UUID}$`),
  identity_id: new RegExp(`^idn_${UUID}$`),
  rule_id: new RegExp(`^${UUID}$`, "i"),
  technique_id: /^T\d{4}(?:\.\d{3})?$/,
  worker: /^[a-z.-]{1,32}$/,
  error_code: /^[A-Z0-9_]{1,40}$/,
};

/** The attributes that are what their names say; anything else is left out. */
export function sayable(about: SpanAttributes): Readonly<Record<string, string | number>> {
  const entries = Object.entries(about).filter(([name, value]) =>
    typeof value === "number" ? Number.isSafeInteger(value) : FORMS[name]?.test(value) === true,
  );
  return Object.fromEntries(entries);
}
