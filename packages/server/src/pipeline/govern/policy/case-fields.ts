import { AssetGroupName, Criticality, ENVIRONMENTS, MODES, SEVERITIES } from "@tyr/contract";
import { Type, type Static } from "typebox";

/** An address, a prefix, the name of a mode: nothing an example aims at is longer. */
const Short = Type.String({ minLength: 1, maxLength: 100 });
const Prefixes = Type.Optional(Type.Array(Short, { maxItems: 50 }));
const Flag = Type.Optional(Type.Boolean());
const Count = (maximum: number) => Type.Optional(Type.Integer({ minimum: 0, maximum }));

export const WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] as const;
/** An asset an example puts into the inventory. */
const CaseAsset = Type.Object(
  {
    address: Short,
    groups: Type.Optional(Type.Array(AssetGroupName, { maxItems: 32 })),
    criticality: Type.Optional(Criticality),
    environment: Type.Optional(Type.Enum(ENVIRONMENTS)),
  },
  { additionalProperties: false },
);

/**
 * One example of `tests/*.yml`, in the words of the product. What is left out has the value an example most often has;
 * what is not here is refused, so that a typing error is never an example about something else.
 */
export const CaseFields = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 300 }),
    /** `block_ip` where it is left out. */
    type: Type.Optional(Short),
    /** One person alone, in an emergency: the question is that of break-glass. */
    break_glass: Flag,
    /** The one approval that counts is that of whoever asked. */
    self_approved: Flag,
    who: Type.Optional(Type.Enum(["person", "automation"])),
    target: Short,
    own: Prefixes,
    own_host: Prefixes,
    enforcement_points: Prefixes,
    operators: Prefixes,
    allow: Prefixes,
    mode: Type.Optional(Type.Enum(MODES)),
    environment: Type.Optional(Type.Enum(ENVIRONMENTS)),
    approvals: Count(99),
    /** The role those who approved hold; `approver` where it is left out. */
    approver: Type.Optional(Type.Enum(["approver", "security_manager"])),
    ttl_seconds: Count(31_536_000),
    risk: Count(100),
    /** Of the incident; none where it is left out, but of an automation with a risk: high, 90 % sure. */
    severity: Type.Optional(Type.Enum(SEVERITIES)),
    confidence: Count(100),
    /** Local; noon on a Wednesday where they are left out. */
    hour: Count(23),
    weekday: Type.Optional(Type.Enum(WEEKDAYS)),
    propose_risk: Count(100),
    automatic_last_hour: Count(1_000_000),
    automatic_per_hour: Count(1_000_000),
    /** Whoever asks may set a mode by themselves. */
    mode_writer: Flag,
    /** Assets of the inventory that the target is compared with, in both directions. */
    assets: Type.Optional(Type.Array(CaseAsset, { maxItems: 50 })),
    successful_logins: Count(1_000_000_000),
    /** Of a change of policies: what it takes away. */
    removes_forbid: Flag,
    loosens_gate: Flag,
    widens_permit: Flag,
    schema_changed: Flag,
    unusable: Flag,
    expect: Type.Enum(["deny", "allow", "require_approval", "dry_run_only"]),
    /** Ids of all deciding policies. */
    by: Type.Array(Type.String({ minLength: 1, maxLength: 100 }), { minItems: 1, maxItems: 200 }),
  },
  { additionalProperties: false },
);
export type CaseFields = Static<typeof CaseFields>;
