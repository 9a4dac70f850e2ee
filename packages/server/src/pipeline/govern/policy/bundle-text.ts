import { canonicalText } from "../canonical-digest.ts";
import type { Bundle } from "./bundle.ts";

/** What is signed of a bundle: what it is, its name, and what that name is the digest of. */
export function bundleText({ digest, manifest }: Pick<Bundle, "digest" | "manifest">): string {
  return `tyr policy-bundle v1\n${digest}\n${canonicalText(manifest)}\n`;
}
