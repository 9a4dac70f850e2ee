import { ok, openapi, refuse } from "@tyr/contract";
import { errorsPage } from "./errors-page.ts";
import type { Handlers } from "./handler.ts";

export type SystemDeps = Readonly<{
  version: string;
  /** Of the session, for the description of this API. */
  cookieName: string;
  /** Why the server is not ready, or undefined when it is: the database answers, intake is open, the log is whole. */
  notReady: () => Promise<string | undefined>;
}>;

export function systemHandlers({
  version,
  cookieName,
  notReady,
}: SystemDeps): Pick<Handlers, "health.live" | "health.ready" | "openapi.get" | "docs.errors"> {
  const document = openapi(version, cookieName);
  const errors = errorsPage();
  return {
    "health.live": async () => ok({ live: true }),
    "health.ready": async () => {
      const reason = await notReady();
      return reason === undefined ? ok({ ready: true }) : refuse("NOT_READY", reason, { retryAfterSeconds: 5 });
    },
    "openapi.get": async (_input, call) => {
      call.setHeader("cache-control", "no-cache");
      return ok(document);
    },
    "docs.errors": async (_input, call) => {
      call.setHeader("cache-control", "no-cache");
      return ok(errors);
    },
  };
}
