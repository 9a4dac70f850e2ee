import * as cedar from "@cedar-policy/cedar-wasm/nodejs";
import type { PolicyFile } from "@tyr/contract";
import type { BundleSource } from "./bundle.ts";

/** How wide a line may be; two spaces a level. One form for all, so that a difference is a change. */
const LINE_WIDTH = 100;
const INDENT_WIDTH = 2;

/** Files of policies that are not as Cedar's formatter writes them, as it would. What does not parse has none. */
export function unformatted({ policies }: Pick<BundleSource, "policies">): PolicyFile[] {
  return Object.entries(policies).flatMap(([path, policyText]) => {
    const answer = cedar.formatPolicies({ policyText, lineWidth: LINE_WIDTH, indentWidth: INDENT_WIDTH });
    if (answer.type === "failure" || answer.formatted_policy === policyText) return [];
    return [{ path, text: answer.formatted_policy }];
  });
}
