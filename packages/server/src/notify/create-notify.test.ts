import { expect, test } from "vitest";
import { NO_NOTIFICATIONS } from "./create-notify.ts";

const by = { actor: { kind: "person", id: "usr_1", name: "Adam" }, requestId: null } as const;

test("without a place nobody is told: nothing is read or sent, and whoever tries it learns which settings are missing", async () => {
  expect(await NO_NOTIFICATIONS.view()).toMatchObject({ on: false, host: null, items: [] });
  expect(await NO_NOTIFICATIONS.health()).toBeUndefined();
  const refused = { ok: false, refusal: { code: "NOTIFICATIONS_OFF" } };
  expect(await NO_NOTIFICATIONS.test(by)).toMatchObject(refused);
  expect(await NO_NOTIFICATIONS.retry("ntf_00000000-0000-7000-8000-000000000001", by)).toMatchObject(refused);
  expect(await NO_NOTIFICATIONS.step(new AbortController().signal)).toBe(false);
  await NO_NOTIFICATIONS.start().stop();
});
