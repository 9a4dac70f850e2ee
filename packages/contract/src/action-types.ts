/**
 * What can be asked for. One row a type: at what it aims, how much harm a mistake does, whether it can be taken back,
 * who carries it out, and whether its effect has an end.
 */
export type ActionTypeFacts = Readonly<{
  targetType: "address" | "mode" | "policy";
  risk: "low" | "medium" | "high";
  /** By a revert of its own. What is not is changed by another action of its type. */
  reversible: boolean;
  connector: string;
  /** `required`: without one it lasts a day. `optional`: without one it lasts until it is changed. */
  ttl: "required" | "optional";
  /** What it does to its target, as a sentence begins: the target follows. */
  verb: string;
}>;

export const ACTION_TYPES = ["block_ip", "set_mode", "update_policy"] as const;
export const ACTION_TYPE_FACTS: Readonly<Record<(typeof ACTION_TYPES)[number], ActionTypeFacts>> = {
  block_ip: {
    targetType: "address",
    risk: "medium",
    reversible: true,
    connector: "blocklist",
    ttl: "required",
    verb: "block",
  },
  set_mode: {
    targetType: "mode",
    risk: "high",
    reversible: false,
    connector: "tyr",
    ttl: "optional",
    verb: "set the mode to",
  },
  update_policy: {
    targetType: "policy",
    risk: "high",
    reversible: false,
    connector: "tyr",
    ttl: "optional",
    verb: "put policies in force:",
  },
};
