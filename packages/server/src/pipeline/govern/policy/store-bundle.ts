import type { Actor } from "@tyr/contract";
import type { PolicyBundleRow } from "../policy-store.ts";
import { filesOf, type Bundle } from "./bundle.ts";
import { bundleText } from "./bundle-text.ts";
import type { Sourced } from "./change.ts";
import type { BundleSeal } from "./stored-bundles.ts";

/** Entries of the log hold 16 KiB: more ids than these say no more than their number and the digest. */
const IDS_MAX = 80;

export function policyDetails({ policies, manifest }: Pick<Bundle, "policies" | "manifest">) {
  return { policies: [...policies.keys()].toSorted().slice(0, IDS_MAX), count: policies.size, manifest };
}

type Storable = Sourced & Readonly<{ origin: PolicyBundleRow["origin"]; by: Actor; at: Date }>;

/** Signed before the transaction: keys may be files. */
export async function signedRow(
  seal: BundleSeal,
  { bundle, source, origin, by, at }: Storable,
): Promise<PolicyBundleRow> {
  return {
    digest: bundle.digest,
    manifest: bundle.manifest,
    files: filesOf(source),
    signature: await seal.sign(bundleText(bundle)),
    origin,
    policies: bundle.policies.size,
    created_by: by,
    created_at: at,
  };
}
