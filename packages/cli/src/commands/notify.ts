import { setTimeout as delay } from "node:timers/promises";
import type { Notification, NotificationView } from "@tyr/contract";
import type { Run } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { showInstant } from "../output/instants.ts";
import { pairs, table, type Column } from "../output/table.ts";
import { visible } from "../output/visible-text.ts";
import { idOf } from "./id-value.ts";

const COLUMNS: readonly Column<Notification>[] = [
  { name: "id", value: (row) => row.id },
  { name: "about", value: (row) => row.kind },
  { name: "state", value: (row) => row.state.replace("_", " ") },
  { name: "made", value: (row) => showInstant(row.madeAt) },
  { name: "attempts", value: (row) => row.attempts, right: true },
  { name: "failure", value: (row) => row.failure ?? "" },
];

function summary(view: NotificationView): readonly (readonly [string, string | number | null])[] {
  if (!view.on) return [["notifications", "off: TYR_NOTIFY_URL is not set"]];
  return [
    ["notifications", `to ${visible(view.host ?? "")}`],
    ["about", view.about.join(", ")],
    ["happened, in no message yet", view.gathered],
    ["waiting", view.waiting],
    ["given up", view.givenUp],
    ["last delivered", view.lastDeliveredAt === null ? null : showInstant(view.lastDeliveredAt)],
  ];
}

export const status: Run = async ({ api, print }) => {
  const view = await (await api()).call("notification.get", {});
  const items = view.items.length === 0 ? [] : ["", table(view.items, COLUMNS, { paint: print.paint })];
  print.one(view, () => [...pairs(summary(view), print.paint), ...items]);
  return EXIT.ok;
};

/** A message goes out within a second or two of its turn. */
const WAIT_MS = 15_000;
const LOOK_MS = 500;

export const test: Run = async ({ api: open, print, world }) => {
  const api = await open();
  let found = await api.call("notification.test", {});
  const end = world.now() + WAIT_MS;
  while (found.state === "waiting" && found.failure === null && world.now() < end && !world.signal.aborted) {
    await delay(LOOK_MS);
    const { items } = await api.call("notification.get", {});
    found = items.find(({ id }) => id === found.id) ?? found;
  }
  print.one(found, () => [found.id]);
  if (found.state === "delivered") {
    print.say("The receiver took it.");
    return EXIT.ok;
  }
  print.warn(
    found.failure === null
      ? "It waits behind other messages: see tyr notify status."
      : `The receiver did not take it: ${visible(found.failure)}. See docs/reference/notifications.md.`,
  );
  return EXIT.checkFailed;
};

export const retry: Run = async ({ api: open, ask, print }, input) => {
  const id = idOf("notification", input.value(0, "the notification's id"));
  const api = await open();
  if (!input.flag("yes")) await ask.confirm("Send this message again?", "--yes");
  const found = await api.call("notification.retry", { params: { id } });
  print.one(found, () => [found.id]);
  print.say("It is sent again, under the same id: a receiver that had it drops it.");
  return EXIT.ok;
};
