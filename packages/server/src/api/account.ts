import { ok } from "@tyr/contract";
import type { Identity, Own } from "#identity";
import type { SessionCookie } from "./cookie.ts";
import type { Call, Handlers } from "./handler.ts";

type Ids =
  | "session.stepUp"
  | `account.${string}`
  | "user.sessions"
  | "user.endSessions"
  | "user.unlock"
  | "user.resetSignIn";

function ownOf({ caller, requestId }: Call): Own {
  return { caller, requestId };
}

/** One's own account, and what administrators do to the sessions and factors of others. */
export function accountHandlers({
  identity,
  cookie,
}: Readonly<{ identity: Identity; cookie: SessionCookie }>): Pick<Handlers, Extract<keyof Handlers, Ids>> {
  return {
    "session.stepUp": async ({ body }, call) => {
      const done = await identity.stepUp(body, ownOf(call));
      if (!done.ok) return done;
      const { session, token } = done.value;
      if (body.token === true) return ok({ ...session, token });
      call.setHeader("set-cookie", cookie.keep(token));
      return ok(session);
    },
    "account.methods": async (_input, call) => await identity.methods(ownOf(call)),
    "account.changePassword": async ({ body }, call) => await identity.changePassword(body, ownOf(call)),
    "account.enrolTotp": async (_input, call) => await identity.enrolTotp(ownOf(call)),
    "account.confirmTotp": async ({ body }, call) => await identity.confirmTotp(body.code, ownOf(call)),
    "account.removeTotp": async (_input, call) => await identity.removeTotp(ownOf(call)),
    "account.renewRecoveryCodes": async (_input, call) => await identity.renewRecoveryCodes(ownOf(call)),
    "user.sessions": async ({ params }) => ok({ items: [...(await identity.sessionsOf(params.id))] }),
    "user.endSessions": async ({ params }, { caller, requestId }) =>
      await identity.endSessionsOf(params.id, { actor: caller.actor, requestId }),
    "user.unlock": async ({ params }, { caller, requestId }) =>
      await identity.unlock(params.id, { actor: caller.actor, requestId }),
    "user.resetSignIn": async ({ params, body }, { caller, requestId }) =>
      await identity.resetSignIn(params.id, body.password, { actor: caller.actor, requestId }),
  };
}
