import type { PolicyFile, PolicyTest } from "@tyr/contract";
import { filesOf, readBundleSource } from "./bundle.ts";
import { checkBundle } from "./check.ts";

/**
 * Files of a bundle in a folder, as they are published.
 *
 * @throws {PolicyBundleInvalid} `POLICY_BUNDLE_INVALID` the folder cannot be read
 */
export function readPolicyFolder(folder: string): PolicyFile[] {
  return filesOf(readBundleSource(folder));
}

/** The checks of a folder, without a server. @throws {PolicyBundleInvalid} the folder cannot be read */
export function checkPolicyFolder(folder: string): PolicyTest {
  return checkBundle(readBundleSource(folder));
}
