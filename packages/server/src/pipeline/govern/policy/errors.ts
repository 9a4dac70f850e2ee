/** The policy bundle cannot be used: which file or policy, and why. Nothing is decided without a valid bundle. */
export class PolicyBundleInvalid extends Error {
  override readonly name = "PolicyBundleInvalid";
  readonly code = "POLICY_BUNDLE_INVALID";
  constructor(where: string, why: string, options?: ErrorOptions) {
    super(`policy bundle: ${where}: ${why}`, options);
  }
}
