import { ENVIRONMENTS, MODES } from "@tyr/contract";
import { Type, type Static } from "typebox";

/** An address, a prefix, the name of a mode: nothing an example aims at is longer. */
const Short = Type.String({ minLength: 1, maxLength: 100 });
const Prefixes = Type.Optional(Type.Array(Short, { maxItems: 50 }));
const Flag = Type.Optional(Type.Boolean());
const Count = (maximum: number) => Type.Optional(Type.Integer({ minimum: 0, maximum }));

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
