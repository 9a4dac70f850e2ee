import { isCustomRole, ROLE_NAMES, STEP_UP_SECONDS, type Role, type StepUpClass } from "@tyr/contract";

const CUSTOM_ROLE = /^custom_[a-z0-9_]{1,40}$/;

function isRole(name: string): name is Role {
  return ROLE_NAMES.some((role) => role === name) || (isCustomRole(name) && CUSTOM_ROLE.test(name));
}

/** Adding the first passkey cannot ask for one. */
const CLASSES = Object.keys(STEP_UP_SECONDS).filter((name) => name !== "factors") as readonly StepUpClass[];

type Parsed<T> = Readonly<{ value: T } | { problem: string }>;

/** Who has to have a second factor: "all", "off" (nobody has to), or roles. */
export function parseSecondFactor(names: readonly string[]): Parsed<"all" | readonly Role[]> {
  const [first, ...rest] = names;
  if (first === undefined || (first === "off" && rest.length === 0)) return { value: [] };
  if (first === "all" && rest.length === 0) return { value: "all" };
  const unknown = names.find((name) => !isRole(name));
  if (unknown === undefined) return { value: names.filter(isRole) };
  return { problem: `"${unknown}" is not a role; say all, off, or roles such as ${ROLE_NAMES.slice(-2).join(",")}` };
}

/** What asks for a proof by passkey. */
export function parsePasskeyFor(names: readonly string[]): Parsed<readonly StepUpClass[]> {
  const isClass = (name: string): name is StepUpClass => CLASSES.some((one) => one === name);
  const unknown = names.find((name) => !isClass(name));
  if (unknown === undefined) return { value: names.filter(isClass) };
  return { problem: `"${unknown}" is not one of ${CLASSES.join(", ")}` };
}
