import { Type, type Static } from "typebox";
import { IdSchema } from "../ids.ts";
import { Instant, Text } from "./basics.ts";

/** What opens one committed field of one entry: base64 of SHA-256(salt ‖ canonical JSON of the value) is its commitment. */
export const Disclosure = Type.Object({
  entry: IdSchema("auditEntry"),
  field: Type.String({ description: "where the value belongs, such as actor.name" }),
  salt: Type.String({ description: "32 bytes in base64" }),
  value: Type.Unknown(),
});
export type AuditDisclosure = Static<typeof Disclosure>;
export const DisclosureList = Type.Object({ items: Type.Array(Disclosure) });
export const DiscloseBody = Type.Object(
  { entries: Type.Array(IdSchema("auditEntry"), { minItems: 1, maxItems: 100 }), reason: Text },
  { additionalProperties: false },
);

/** Whose personal values: the id of a user, or `value:` and an address that belongs to nobody known. */
export const SubjectName = Type.String({
  pattern: "^(usr_[0-9a-f-]{36}|value:[0-9A-Fa-f.:/]{2,64})$",
  description: "the id of a user (usr_…), or value: and an address",
});
export const PrivacyOrder = Type.Object({ subject: SubjectName, reason: Text }, { additionalProperties: false });
export const Erasure = Type.Object({
  subject: Type.String(),
  values: Type.Integer({ description: "personal values of the log that were removed with their salts" }),
  rows: Type.Integer({ description: "rows of other tables that named the subject" }),
  changed: Type.Boolean({ description: "false: there was nothing left to erase, and nothing was logged" }),
});
export type Erasure = Static<typeof Erasure>;
export const LegalHold = Type.Object({
  id: IdSchema("hold"),
  subject: Type.String(),
  reason: Type.String(),
  placedBy: Type.String(),
  placedAt: Instant,
});
export type LegalHold = Static<typeof LegalHold>;
export const LegalHoldList = Type.Object({ items: Type.Array(LegalHold) });
