import type { Identity, SignedIn } from "#identity";
import type { SessionCookie } from "./cookie.ts";
import type { Call } from "./handler.ts";

export type KeepDeps = Readonly<{
  identity: Pick<Identity, "authenticate" | "signOut">;
  cookie: SessionCookie;
  /** Tells a browser somebody signed in with before. */
  device?: SessionCookie;
}>;
type Kept = Pick<SignedIn, "token"> & Partial<Pick<SignedIn, "device">>;

/**
 * Hands a new session to the browser that asked for it, and ends the one it replaces there: nobody could end it from that browser
 * any more (ASVS 5.0 7.2.4).
 */
export function keepSession({ identity, cookie, device }: KeepDeps): (signedIn: Kept, call: Call) => Promise<void> {
  return async ({ token, device: known }, call) => {
    const old = cookie.read(call.headers.cookie);
    const replaced = old === undefined ? undefined : await identity.authenticate(old);
    // The same session when somebody proved again who they are.
    if (replaced !== undefined && replaced.sessionId !== call.caller.sessionId)
      await identity.signOut({ caller: replaced, requestId: call.requestId });
    call.setHeader("set-cookie", cookie.keep(token));
    if (known !== undefined && device !== undefined) call.setHeader("set-cookie", device.keep(known));
  };
}
