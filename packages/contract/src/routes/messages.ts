import type { RouteDefinition } from "../route.ts";
import { MessageQuery, MessagesAfter } from "../schemas/messages.ts";

export const messageRoutes = {
  "message.list": {
    method: "GET",
    path: "/api/v1/messages",
    needs: "event:read",
    summary: "Messages that must arrive, oldest first, after the last one a program is done with; kept for a week",
    query: MessageQuery,
    response: MessagesAfter,
  },
} as const satisfies Record<string, RouteDefinition>;
