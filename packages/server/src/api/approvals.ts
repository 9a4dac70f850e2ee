import type { Govern } from "#govern";
import { breakGlassHandlers } from "./break-glass.ts";
import { delegationHandlers } from "./delegations.ts";
import { singlePersonHandlers } from "./single-person.ts";

/** What stands beside the ordinary way to an approval. */
export function approvalHandlers(govern: Govern) {
  return { ...breakGlassHandlers(govern), ...singlePersonHandlers(govern), ...delegationHandlers(govern) };
}
