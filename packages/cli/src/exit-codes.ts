/**
 * What the process says to scripts when it ends. Stable: scripts branch on these numbers.
 * 69 and 78 are EX_UNAVAILABLE and EX_CONFIG of sysexits(3).
 */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  cancelled: 3,
  notPermitted: 4,
  refused: 5,
  checkFailed: 6,
  drift: 7,
  unreachable: 69,
  configuration: 78,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Printed by `tyr --help` and kept equal to the README by a test. */
export const EXIT_MEANINGS: readonly (readonly [ExitCode, string])[] = [
  [0, "success (an empty list is success)"],
  [1, "failure"],
  [2, "usage error"],
  [3, "cancelled or declined"],
  [4, "not signed in, or not permitted"],
  [5, "refused by policy, or waits for an approval (the id is printed)"],
  [6, "a check found a problem"],
  [7, "enforcement drift: what should be blocked is not confirmed"],
  [69, "the server does not answer"],
  [78, "the configuration is not usable"],
];
