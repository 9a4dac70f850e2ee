import type { Deeds } from "./audit-deeds.ts";

/** The world's server has a place for notifications that nobody listens at; the message waits there. */
export const notificationDeeds: Deeds = {
  "notification.test": async (world) => ({
    by: await world.admin(),
    input: {},
    did: "notification.tested",
    object: { kind: "notification", id: (answer) => answer.id },
    before: null,
    after: "waiting",
  }),
};
