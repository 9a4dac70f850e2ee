import * as cedar from "@cedar-policy/cedar-wasm/nodejs";
import { ROLE_NAMES, permissionsOf, type Role } from "@tyr/contract";
import { PolicyBundleInvalid } from "./errors.ts";

/** How many distinct people holding one of the roles lift a gate. */
type Gate = Readonly<{
  approvals: number;
  roles: readonly Role[];
  /** From submission to decision, milliseconds; undefined: as everywhere. */
  decideWithinMs: number | undefined;
}>;

export type Policy = Readonly<{
  id: string;
  file: string;
  effect: "permit" | "forbid";
  reason: string;
  text: string;
  annotations: Readonly<Record<string, string | null>>;
  /** Present on forbids that approvals can lift. */
  gate: Gate | undefined;
}>;

/** Ids stand in decisions and in entries of the log, which hold 16 KiB. */
const ID = /^(?=.{1,64}$)[a-z0-9]+(-[a-z0-9]+)*$/;
const REASON_CHARS_MAX = 500;

function isRole(name: string): name is Role {
  return ROLE_NAMES.some((role) => role === name);
}

const UNIT_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
/** Shorter than a dry run is fresh, nobody has the time to decide; what waits longer than a week is about another week. */
const DECIDE_WITHIN_MS = { min: 15 * UNIT_MS.m, max: 7 * UNIT_MS.d } as const;

/** Where a gate says nothing. */
export const DECIDE_WITHIN_DEFAULT_MS = 4 * UNIT_MS.h;

function readDecideWithin(where: string, text: string | null | undefined): number | undefined {
  if (text === undefined) return undefined;
  const [, count, unit] = /^([1-9]\d{0,4})([mhd])$/.exec(text ?? "") ?? [];
  const ms = Number(count) * UNIT_MS[unit === "d" || unit === "h" ? unit : "m"];
  if (ms >= DECIDE_WITHIN_MS.min && ms <= DECIDE_WITHIN_MS.max) return ms;
  throw new PolicyBundleInvalid(where, `@decide_within must be from 15m to 7d, such as 4h, it is ${String(text)}`);
}

/** A quorum that is missing, zero or not a number fails here, before anything is decided with it. */
function readGate(where: string, annotations: Policy["annotations"], effect: Policy["effect"]): Gate | undefined {
  const { approvals, approver_roles: roleList, decide_within: within } = annotations;
  if (approvals === undefined && roleList === undefined && within === undefined) return undefined;
  if (effect === "permit") throw new PolicyBundleInvalid(where, "only a forbid can be lifted by approvals");
  if (typeof approvals !== "string" || !/^[1-9]\d?$/.test(approvals))
    throw new PolicyBundleInvalid(where, `@approvals must be a whole number from 1 to 99, it is ${String(approvals)}`);
  const roles = (roleList ?? "").split(",").map((role) => role.trim());
  const unfit = roles.filter((role) => !isRole(role) || !permissionsOf([role]).has("action:approve"));
  if (unfit.length > 0)
    throw new PolicyBundleInvalid(where, `@approver_roles names "${unfit.join(",")}", which may not approve actions`);
  return { approvals: Number(approvals), roles: roles.filter(isRole), decideWithinMs: readDecideWithin(where, within) };
}

function readPolicy(file: string, text: string): Policy {
  const parsed = cedar.policyToJson(text);
  if (parsed.type === "failure")
    throw new PolicyBundleInvalid(file, parsed.errors.map(({ message }) => message).join("; "));
  const { effect, annotations = {} } = parsed.json;
  const id = annotations["id"];
  if (typeof id !== "string" || !ID.test(id))
    throw new PolicyBundleInvalid(file, `a policy has no @id of lower-case words: ${text.slice(0, 80)}`);
  const reason = annotations["reason"];
  if (typeof reason !== "string" || reason === "") throw new PolicyBundleInvalid(`${file} ${id}`, "it has no @reason");
  if (reason.length > REASON_CHARS_MAX)
    throw new PolicyBundleInvalid(`${file} ${id}`, `its @reason is longer than ${REASON_CHARS_MAX} characters`);
  return { id, file, effect, reason, text, annotations, gate: readGate(`${file} ${id}`, annotations, effect) };
}

/**
 * Splits a file into its policies and reads their annotations. Ids are ours (`@id`), because Cedar numbers the
 * policies of a text itself and a JavaScript object would silently keep the last of two equal ones.
 *
 * @throws {PolicyBundleInvalid} `POLICY_BUNDLE_INVALID`
 */
export function readPolicies(file: string, text: string): readonly Policy[] {
  const parts = cedar.policySetTextToParts(text);
  if (parts.type === "failure")
    throw new PolicyBundleInvalid(file, parts.errors.map(({ message }) => message).join("; "));
  if (parts.policy_templates.length > 0) throw new PolicyBundleInvalid(file, "templates are not used here");
  return parts.policies.map((part) => readPolicy(file, part));
}
