import type { UsedApprovalKey } from "@tyr/contract";
import type { Answers } from "./answers.ts";
import { found } from "./found.ts";
import { at, hexOf, idOf } from "./make.ts";

const DAY = 86_400_000;

/** One in use, and one that ended: of everybody in the stand-in. */
export const twoApprovalKeys = (): UsedApprovalKey[] => [
  {
    id: idOf("approvalKey", 1),
    name: "workstation <b>7</b>",
    publicKey: "A".repeat(59),
    fingerprint: hexOf(61),
    state: "active",
    createdAt: at(Date.now() - 40 * DAY),
    expiresAt: at(Date.now() + 325 * DAY),
    revokedAt: null,
    lastApprovedAt: at(Date.now() - DAY / 6),
  },
  {
    id: idOf("approvalKey", 2),
    name: "the laptop that was stolen",
    publicKey: "B".repeat(59),
    fingerprint: hexOf(62),
    state: "revoked",
    createdAt: at(Date.now() - 300 * DAY),
    expiresAt: at(Date.now() + 65 * DAY),
    revokedAt: at(Date.now() - 12 * DAY),
    lastApprovedAt: null,
  },
];

export const approvalKeyAnswers: Answers = {
  "approvalKey.list": (_, { world }) => ({ items: [...world.account.approvalKeys] }),
  "approvalKey.revoke": ({ params }, { world }) => {
    const key = found(world.account.approvalKeys.find(({ id }) => id === params.id));
    const ended = { ...key, state: "revoked" as const, revokedAt: at(Date.now()) };
    world.account.approvalKeys = world.account.approvalKeys.map((one) => (one.id === key.id ? ended : one));
    const { lastApprovedAt: _, ...answer } = ended;
    return answer;
  },
};
