import { ok } from "@tyr/contract";
import type { Federation, Identity } from "#identity";
import type { SessionCookie } from "./cookie.ts";
import type { Call, Handlers } from "./handler.ts";
import { keepSession } from "./keep-session.ts";

export type FederationDeps = Readonly<{
  federation: Federation;
  identity: Pick<Identity, "authenticate" | "signOut">;
  cookie: SessionCookie;
  /** Binds a sign-in on its way to the browser that began it. */
  flowCookie: SessionCookie;
}>;

type FederationHandlers = Pick<Handlers, Extract<keyof Handlers, `sso.${string}`>>;

const ownOf = ({ caller, requestId }: Call) => ({ caller, requestId });
const byOf = ({ caller, requestId }: Call) => ({ actor: caller.actor, requestId });

/** A logout token is a kilobyte or two; what is longer is none. */
const FORM_BYTES_MAX = 32 * 1024;

/** Signing in and out through other systems. */
export function federationHandlers({ federation, identity, cookie, flowCookie }: FederationDeps): FederationHandlers {
  const keep = keepSession({ identity, cookie });
  return {
    "sso.providers": async () => ok({ items: [...federation.providers()] }),
    "sso.begin": async ({ params, body }, call) => {
      const begun = await federation.begin(params.provider, body.again === true);
      if (!begun.ok) return begun;
      call.setHeader("set-cookie", flowCookie.keep(begun.value.seed));
      return ok({ url: begun.value.url });
    },
    "sso.finish": async ({ params, body }, call) => {
      const seed = flowCookie.read(call.headers.cookie);
      const answer = { provider: params.provider, query: body.query, seed };
      const { address, requestId, headers } = call;
      const done = await federation.finish(answer, { address, requestId, userAgent: headers["user-agent"] ?? null });
      if (!done.ok) return done;
      await keep(done.value, call);
      return ok(done.value.session);
    },
    "sso.beginProof": async ({ params }, call) => {
      const begun = await federation.beginProof(params.provider, ownOf(call));
      if (!begun.ok) return begun;
      call.setHeader("set-cookie", flowCookie.keep(begun.value.seed));
      return ok({ url: begun.value.url });
    },
    "sso.finishProof": async ({ params, body }, call) => {
      const seed = flowCookie.read(call.headers.cookie);
      const answer = { provider: params.provider, query: body.query, seed };
      const done = await federation.finishProof(answer, ownOf(call));
      if (!done.ok) return done;
      call.setHeader("set-cookie", cookie.keep(done.value.token));
      return ok(done.value.session);
    },
    "sso.ownLinks": async (_input, { caller }) => ok({ items: [...(await federation.links(caller.actor.id))] }),
    "sso.unlinkOwn": async ({ params }, call) => await federation.unlinkOwn(params.provider, ownOf(call)),
    "sso.logout": async (_input, call) => {
      const own = { caller: call.caller, requestId: call.requestId };
      const url = await federation.endSessionUrl(own);
      await identity.signOut(own);
      call.setHeader("set-cookie", cookie.forget());
      return ok({ url });
    },
    "sso.ended": async ({ params, body }, call) => {
      const token = new URLSearchParams(Buffer.from(body.subarray(0, FORM_BYTES_MAX)).toString("utf8")).get(
        "logout_token",
      );
      return await federation.endedThere({ provider: params.provider, token: token ?? "" }, call.requestId);
    },
    "sso.links": async ({ params }) => ok({ items: [...(await federation.links(params.id))] }),
    "sso.link": async ({ params, body }, call) => await federation.link({ userId: params.id, ...body }, byOf(call)),
    "sso.unlink": async ({ params }, call) =>
      await federation.unlink({ userId: params.id, provider: params.provider }, byOf(call)),
  };
}
