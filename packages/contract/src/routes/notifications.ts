import { Type } from "typebox";
import { IdSchema } from "../ids.ts";
import type { RouteDefinition } from "../route.ts";
import * as n from "../schemas/notifications.ts";

/** Messages out. They lead to a page that asks who one is; nothing comes back in through them. */
export const notificationRoutes = {
  "notification.get": {
    method: "GET",
    path: "/api/v1/notifications",
    needs: "notification:read",
    summary: "Whether people are told outside of Tyr, of what, and which messages went out or did not",
    response: n.NotificationView,
  },
  "notification.test": {
    method: "POST",
    path: "/api/v1/notifications/test",
    needs: "notification:write",
    stepUp: "defence",
    programsUnproved: true,
    summary: "Send a message that says it is a test; its delivery is seen in the list",
    status: 202,
    response: n.Notification,
  },
  "notification.retry": {
    method: "POST",
    path: "/api/v1/notifications/:id/retry",
    needs: "notification:write",
    stepUp: "defence",
    programsUnproved: true,
    summary: "Send a message again that was given up, with the same id",
    status: 202,
    params: Type.Object({ id: IdSchema("notification") }),
    response: n.Notification,
  },
} as const satisfies Record<string, RouteDefinition>;
