import { ok, refuse, type Refused, type Result } from "@tyr/contract";
import { findUnstorable } from "../storable.ts";
import type { Json } from "./match.ts";

/** A group of 5,000 members takes a third of it. */
export const BODY_BYTES_MAX = 1024 * 1024;
/** Objects and lists within each other; SCIM itself needs four. */
const DEPTH_MAX = 12;

const bad = (detail: string, scimType = "invalidSyntax"): Refused => refuse("VALIDATION_FAILED", detail, { scimType });

/** Counts brackets outside of texts, so that what is nested too deep is refused before anything is built of it. */
function isTooDeep(text: string): boolean {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const one = text[at];
    if (quoted) {
      if (one === "\\") at += 1;
      else if (one === '"') quoted = false;
    } else if (one === '"') quoted = true;
    else if (one === "{" || one === "[") {
      if ((depth += 1) > DEPTH_MAX) return true;
    } else if (one === "}" || one === "]") depth -= 1;
  }
  return false;
}

function parsed(text: string): Result<Json> {
  try {
    return ok(JSON.parse(text) as Json);
  } catch {
    return bad("the body is not JSON");
  }
}

/** Bytes as JSON that can be stored. Refusals `BODY_TOO_LARGE`, `VALIDATION_FAILED` with `scimType` invalidSyntax or invalidValue. */
export function readBody(bytes: Uint8Array): Result<Json> {
  if (bytes.length > BODY_BYTES_MAX)
    return refuse("BODY_TOO_LARGE", `the body is larger than ${BODY_BYTES_MAX} bytes`, { limit: BODY_BYTES_MAX });
  const text = Buffer.from(bytes).toString("utf8");
  if (isTooDeep(text)) return bad(`the body is nested deeper than ${DEPTH_MAX} levels`);
  const value = parsed(text);
  if (!value.ok) return value;
  const unstorable = findUnstorable(value.value);
  return unstorable === undefined ? value : bad(`${unstorable.path} ${unstorable.message}`, "invalidValue");
}

/** Members of an object by their lower-case names (RFC 7643 section 2.1); the same name twice would be two answers. */
export function readMembers(value: Json): Result<ReadonlyMap<string, Json>> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return bad("an object is expected", "invalidValue");
  const members = new Map<string, Json>();
  for (const [name, member] of Object.entries(value)) {
    const lower = name.toLowerCase();
    if (members.has(lower)) return bad(`${name.slice(0, 60)} is there twice`);
    members.set(lower, member);
  }
  return ok(members);
}
