import { Type, type Static } from "typebox";
import type { DutySide } from "../duties.ts";
import { IdSchema } from "../ids.ts";
import { PERMISSION_NAMES, ROLE_NAMES, type Permission } from "../permissions.ts";
import { Instant, LineText, NullableInstant, NullableString } from "./basics.ts";
import { CustomRoleName } from "./roles.ts";
import { RoleName } from "./trust.ts";

/** An exception lasts a year at most: whoever still wants it says why again. */
export const EXCEPTION_DAYS_MAX = 366;
/** Own pairs at the same time. */
export const OWN_PAIRS_MAX = 100;

const Side = Type.Unsafe<DutySide>(
  Type.Union([Type.Enum([...PERMISSION_NAMES, ...ROLE_NAMES]), CustomRoleName], {
    description: "a permission such as action:approve, or a role such as analyst",
  }),
);
const PairId = Type.String({
  minLength: 3,
  maxLength: 60,
  pattern: "^[a-z0-9_-]+$",
  description: "the id of a pair, as duty.conflicts lists it",
});

export const DutyPairView = Type.Object({
  id: Type.String(),
  sides: Type.Array(Type.Unsafe<DutySide>(Type.String()), { minItems: 2, maxItems: 2 }),
  reason: Type.String(),
  controls: Type.Array(Type.String()),
  builtIn: Type.Boolean(),
  addedAt: NullableInstant,
  /** Login name of who added it; null for built-in ones. */
  addedBy: NullableString,
});
export type DutyPairView = Static<typeof DutyPairView>;

export const DutyException = Type.Object({
  id: IdSchema("dutyException"),
  subject: Type.Object({ id: IdSchema("subject"), name: Type.String() }),
  pair: Type.String(),
  reason: Type.String(),
  /** Null: given at set-up, to the person who runs an installation alone. */
  grantedBy: Type.Union([Type.Object({ id: IdSchema("subject"), name: Type.String() }), Type.Null()]),
  grantedAt: Instant,
  until: Instant,
});
export type DutyException = Static<typeof DutyException>;

/** A person who holds both sides of a pair now. */
export const DutyConflict = Type.Object({
  subject: Type.Object({ id: IdSchema("subject"), name: Type.String(), roles: Type.Array(RoleName) }),
  pair: Type.String(),
  /** `open`: against the rule; `excepted`: somebody else allowed it until then; `by_role`: a built-in role holds both by design. */
  state: Type.Enum(["open", "excepted", "by_role"]),
  /** Why it is allowed; null while it is open. */
  reason: NullableString,
  role: NullableString,
  exception: Type.Union([DutyException, Type.Null()]),
});
export type DutyConflict = Static<typeof DutyConflict>;

export const DutyConflicts = Type.Object({
  items: Type.Array(DutyConflict),
  /** Of `items`: how many are open. */
  open: Type.Integer({ minimum: 0 }),
  pairs: Type.Array(DutyPairView),
  /** All that count now, also those nobody uses. */
  exceptions: Type.Array(DutyException),
  /** What service accounts may do for whom, so that a change of roles can be checked before it is asked for. */
  programs: Type.Array(
    Type.Object({ owner: IdSchema("subject"), permissions: Type.Array(Type.Unsafe<Permission>(Type.String())) }),
  ),
});
export type DutyConflicts = Static<typeof DutyConflicts>;

export const DutyPairAdd = Type.Object(
  {
    sides: Type.Array(Side, { minItems: 2, maxItems: 2, uniqueItems: true }),
    reason: LineText(300),
    /** Which control asks for it, e.g. "PCI DSS 7.2.4". */
    control: Type.Optional(LineText(80)),
  },
  { additionalProperties: false },
);
export type DutyPairAdd = Static<typeof DutyPairAdd>;

export const DutyExceptionGrant = Type.Object(
  { subjectId: IdSchema("subject"), pair: PairId, reason: LineText(300), until: Instant },
  { additionalProperties: false },
);
export type DutyExceptionGrant = Static<typeof DutyExceptionGrant>;
