import { ok } from "@tyr/contract";
import type { Identity, Own, SignedIn } from "#identity";
import type { SessionCookie } from "./cookie.ts";
import type { Call, Handlers } from "./handler.ts";
import { keepSession } from "./keep-session.ts";

export type PasskeyDeps = Readonly<{
  identity: Pick<Identity, "passkeys" | "authenticate" | "signOut">;
  cookie: SessionCookie;
  /** Tells a browser somebody signed in with before. */
  device: SessionCookie;
}>;
type PasskeyHandlers = Pick<Handlers, Extract<keyof Handlers, `passkey.${string}`>>;

function ownOf({ caller, requestId }: Call): Own {
  return { caller, requestId };
}

/** Passkeys of oneself, and signing in and proving again with them. */
export function passkeyHandlers({ identity, cookie, device }: PasskeyDeps): PasskeyHandlers {
  const { passkeys } = identity;
  const keep = keepSession({ identity, cookie, device });
  const hand = async (signedIn: SignedIn, inBody: boolean | undefined, call: Call) => {
    if (inBody === true) return ok({ ...signedIn.session, token: signedIn.token });
    await keep(signedIn, call);
    return ok(signedIn.session);
  };
  return {
    "passkey.list": async (_input, call) => ok(await passkeys.list(ownOf(call))),
    "passkey.beginAdd": async (_input, call) => await passkeys.beginAdd(ownOf(call)),
    "passkey.add": async ({ body }, call) => await passkeys.add(body, ownOf(call)),
    "passkey.rename": async ({ params, body }, call) => await passkeys.rename({ ...params, ...body }, ownOf(call)),
    "passkey.remove": async ({ params }, call) => await passkeys.remove(params.id, ownOf(call)),
    "passkey.beginSignIn": async () => await passkeys.beginSignIn(),
    "passkey.signIn": async ({ body }, call) => {
      const { address, requestId, headers } = call;
      const userAgent = headers["user-agent"] ?? null;
      const origin = { address, requestId, userAgent, device: device.read(headers.cookie) };
      const done = await passkeys.signIn(body.passkey, origin);
      return done.ok ? await hand(done.value, body.token, call) : done;
    },
    "passkey.beginStepUp": async (_input, call) => await passkeys.beginProof(ownOf(call)),
    "passkey.stepUp": async ({ body }, call) => {
      const done = await passkeys.prove(body.passkey, ownOf(call));
      return done.ok ? await hand(done.value, body.token, call) : done;
    },
  };
}
