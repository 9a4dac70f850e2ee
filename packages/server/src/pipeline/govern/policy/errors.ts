/** The policy bundle cannot be used: which file or policy, and why. Nothing is decided without a valid bundle. */
export class PolicyBundleInvalid extends Error {
  override readonly name = "PolicyBundleInvalid";
  readonly code = "POLICY_BUNDLE_INVALID";
  readonly where: string;
  readonly why: string;
  constructor(where: string, why: string, options?: ErrorOptions) {
    super(`policy bundle: ${where}: ${why}`, options);
    this.where = where.slice(0, 500);
    this.why = why.slice(0, 2_000);
  }
}
