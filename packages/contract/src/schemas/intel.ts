import { Type, type Static } from "typebox";
import { Instant, NullableInstant } from "./basics.ts";

/** Lists of indicators an operator loads from a file. `fingerprints` are the operator's own: JA3, JA4, JA4H, HASSH, JARM. */
export const INTEL_LISTS = ["feodo", "threatfox", "malwarebazaar", "fingerprints"] as const;
export const IntelListName = Type.Enum(INTEL_LISTS);
export type IntelListName = Static<typeof IntelListName>;

export const IntelVerdictName = Type.Enum(["malicious", "suspicious", "unknown", "benign"]);

const Count = Type.Integer({ minimum: 0 });
/** A UUID the sender chose: parts of one file have the same one. */
const Load = Type.String({
  pattern: "^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
  description: "a UUID in lower case, the same for all parts of one list",
});

export const IntelListParams = Type.Object({ list: IntelListName });
export const IntelLoadQuery = Type.Object(
  {
    load: Load,
    /** This part is the last: the list counts from now on, and the one before it no more. */
    last: Type.Boolean(),
  },
  { additionalProperties: false },
);
/** `entries`: how many the list has with this part; `rejected`: lines of the part nobody could use. */
export const IntelLoaded = Type.Object({
  list: Type.String(),
  entries: Count,
  rejected: Count,
  inForce: Type.Boolean(),
});
export type IntelLoaded = Static<typeof IntelLoaded>;

export const IntelStatus = Type.Object({
  lists: Type.Array(Type.Object({ list: Type.String(), entries: Count, loadedAt: Instant })),
  /** Those the operator switched on: nobody else is ever asked. Counted since the start of the server. */
  providers: Type.Array(
    Type.Object({
      name: Type.String(),
      asked: Count,
      answered: Count,
      failed: Count,
      /** Questions dropped after they failed six times. */
      givenUp: Count,
      /** Left alone until then: its limit is reached, or it does not accept our key. */
      pausedUntil: NullableInstant,
    }),
  ),
  /** Lists fetched from time to time. */
  feeds: Type.Array(Type.String()),
  /** Questions that wait for their turn, and those never asked because too many waited. */
  waiting: Count,
  unasked: Count,
});
export type IntelStatus = Static<typeof IntelStatus>;

export const IntelAddressParams = Type.Object({ address: Type.String({ minLength: 2, maxLength: 64 }) });
/** What providers said of an address. `verdict` is the strongest of them, null where nobody has said anything. */
export const AddressIntel = Type.Object({
  address: Type.String(),
  verdict: Type.Union([IntelVerdictName, Type.Null()]),
  answers: Type.Array(
    Type.Object({
      provider: Type.String(),
      verdict: IntelVerdictName,
      /** How sure the provider is, 0 to 1. */
      score: Type.Number({ minimum: 0, maximum: 1 }),
      categories: Type.Array(Type.String()),
      classification: Type.Union([Type.String(), Type.Null()]),
      threatTypes: Type.Array(Type.String()),
      malwareFamilies: Type.Array(Type.String()),
      answeredAt: Instant,
    }),
  ),
});
export type AddressIntel = Static<typeof AddressIntel>;
