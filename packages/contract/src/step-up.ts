/**
 * What a stolen or unattended session must not be enough for: who asks has to have proved who they are within so many
 * seconds (ASVS 5.0 7.5.3). A route names its class; the server asks at its gate, before the body is read.
 */
export const STEP_UP_SECONDS = {
  /** Letting a response run against the world. */
  approve: 300,
  /** What protects us made weaker: what is never touched, blocks that are lifted, modes and limits. */
  defence: 300,
  /** Accounts and roles of others. */
  users: 300,
  /** One's own password, second factors and recovery codes. */
  factors: 300,
  /** Keys that are shown, keys that secrets are under, and personal values that are handed out or removed. */
  secrets: 300,
} as const satisfies Record<string, number>;
export type StepUpClass = keyof typeof STEP_UP_SECONDS;
