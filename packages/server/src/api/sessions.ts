import { ok } from "@tyr/contract";
import type { Administrator, Identity, Origin, Own, SignedIn } from "#identity";
import type { SessionCookie } from "./cookie.ts";
import type { Call, Handlers } from "./handler.ts";
import { keepSession } from "./keep-session.ts";

export type SessionDeps = Readonly<{ identity: Identity; cookie: SessionCookie; device: SessionCookie }>;

function originOf({ address, headers, requestId }: Call): Origin {
  return { address, requestId, userAgent: headers["user-agent"] ?? null };
}

function ownOf({ caller, requestId }: Call): Own {
  return { caller, requestId };
}

function byOf({ caller, requestId }: Call): Administrator {
  return { actor: caller.actor, requestId };
}

type Ids = "setup.state" | "setup.complete" | `session.${string}` | "user.list" | "user.create" | "user.change";
type SessionHandlers = Omit<Pick<Handlers, Extract<keyof Handlers, Ids>>, "session.stepUp">;

export function sessionHandlers({ identity, cookie, device }: SessionDeps): SessionHandlers {
  const hand = keepSession({ identity, cookie, device });
  const keep = async (signedIn: SignedIn, call: Call) => {
    await hand(signedIn, call);
    return ok(signedIn.session);
  };
  return {
    "setup.state": async () => ok({ needed: await identity.setUp.isNeeded() }),
    "setup.complete": async ({ body }, call) => {
      const done = await identity.setUp.complete(body, originOf(call));
      return done.ok ? await keep(done.value, call) : done;
    },
    "session.login": async ({ body }, call) => {
      const isProgram = body.token === true;
      const origin = { ...originOf(call), isProgram, device: device.read(call.headers.cookie) };
      const done = await identity.signIn(body, origin);
      if (!done.ok) return done;
      return isProgram ? ok({ ...done.value.session, token: done.value.token }) : await keep(done.value, call);
    },
    "session.get": async (_input, call) => await identity.session(ownOf(call)),
    "session.logout": async (_input, call) => {
      await identity.signOut(ownOf(call));
      call.setHeader("set-cookie", cookie.forget());
      return ok(undefined);
    },
    "session.list": async (_input, call) => ok({ items: [...(await identity.listSessions(ownOf(call)))] }),
    "session.end": async ({ params }, call) => {
      const done = await identity.endSession(params.id, ownOf(call));
      if (done.ok && params.id === call.caller.sessionId) call.setHeader("set-cookie", cookie.forget());
      return done;
    },
    "session.endOthers": async (_input, call) => {
      await identity.endOtherSessions(ownOf(call));
      return ok(undefined);
    },
    "user.list": async () => ok({ items: [...(await identity.listUsers())] }),
    "user.create": async ({ body }, call) => await identity.createUser(body, byOf(call)),
    "user.change": async ({ params, body }, call) => await identity.changeUser(params.id, body, byOf(call)),
  };
}
