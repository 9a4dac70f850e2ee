import type { Notification, NotificationView } from "@tyr/contract";
import type { Answers } from "./answers.ts";
import { at, idOf } from "./make.ts";
import { Refused } from "./refused.ts";

export const NOBODY_TOLD: NotificationView = {
  on: false,
  host: null,
  about: [],
  gathered: 0,
  waiting: 0,
  givenUp: 0,
  lastDeliveredAt: null,
  items: [],
};

export function message(number: number, more: Partial<Notification> = {}): Notification {
  return {
    id: idOf("notification", number),
    kind: "waiting",
    state: "given_up",
    count: 1,
    madeAt: at(Date.now() - 60_000),
    attempts: 9,
    nextAt: null,
    deliveredAt: null,
    failure: "status 503",
    ...more,
  };
}

const counted = (view: NotificationView, items: readonly Notification[]): NotificationView => ({
  ...view,
  items: [...items],
  waiting: items.filter(({ state }) => state === "waiting").length,
  givenUp: items.filter(({ state }) => state === "given_up").length,
});

export const notificationAnswers: Answers = {
  "notification.get": (_, { world }) => world.notifications,
  "notification.test": (_, { world }) => {
    const sent = message(world.notifications.items.length + 1, {
      kind: "test",
      state: "waiting",
      attempts: 0,
      failure: null,
      nextAt: at(Date.now()),
    });
    world.notifications = counted(world.notifications, [sent, ...world.notifications.items]);
    return sent;
  },
  "notification.retry": ({ params }, { world }) => {
    const found = world.notifications.items.find(({ id }) => id === params.id);
    if (found === undefined) throw new Refused("NOT_FOUND", "there is no such message");
    const again: Notification = { ...found, state: "delivered", deliveredAt: at(Date.now()), failure: null };
    const items = world.notifications.items.map((one) => (one.id === again.id ? again : one));
    world.notifications = counted(world.notifications, items);
    return again;
  },
};
