import { Type, type Static } from "typebox";
import { IdSchema } from "../ids.ts";
import { Text } from "./basics.ts";

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
