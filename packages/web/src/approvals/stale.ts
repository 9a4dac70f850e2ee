/** What is old after something was done to an action. */
export const STALE = ["action", "overview", "incident", "block", "mode", "policy"] as const;
