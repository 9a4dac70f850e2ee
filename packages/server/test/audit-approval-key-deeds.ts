import { newKeyOf } from "../src/pipeline/respond/testing/sign-as.ts";
import type { Deeds } from "./audit-deeds.ts";

/** Keys people sign their decisions with. */
export const approvalKeyDeeds: Deeds = {
  "approvalKey.add": async (world) => {
    const by = await world.person("approver");
    return {
      by,
      input: { body: newKeyOf(by.subject).body },
      did: "approval_key.added",
      object: { kind: "approval_key", id: (answer) => answer.id },
      before: null,
      after: "active",
    };
  },
  "approvalKey.revoke": async (world) => {
    const by = await world.person("approver");
    const { id } = await by.client.call("approvalKey.add", { body: newKeyOf(by.subject).body });
    return {
      by,
      input: { params: { id } },
      did: "approval_key.revoked",
      object: { kind: "approval_key", id },
      before: "active",
      after: "revoked",
    };
  },
};
