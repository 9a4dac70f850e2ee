import { Type } from "typebox";
import { IdSchema } from "../ids.ts";
import type { RouteDefinition } from "../route.ts";
import * as p from "../schemas/passkeys.ts";
import * as t from "../schemas/trust.ts";

const passkeyParams = Type.Object({ id: IdSchema("passkey") });

/** Passkeys (WebAuthn): discoverable, with user verification, so that one alone is two factors. */
export const passkeyRoutes = {
  "passkey.list": {
    method: "GET",
    path: "/api/v1/account/passkeys",
    needs: "session:own",
    beforeSecondFactor: true,
    summary: "One's own passkeys, and where they work",
    response: p.PasskeyList,
  },
  "passkey.beginAdd": {
    method: "POST",
    path: "/api/v1/account/passkeys/begin",
    needs: "session:own",
    stepUp: "factors",
    beforeSecondFactor: true,
    summary: "Begin to add a passkey: what to hand to the authenticator",
    response: p.PasskeyCreation,
  },
  "passkey.add": {
    method: "POST",
    path: "/api/v1/account/passkeys",
    needs: "session:own",
    stepUp: "factors",
    beforeSecondFactor: true,
    summary: "Add a passkey; sign-in by password alone ends with the first",
    status: 201,
    body: p.PasskeyAdd,
    response: p.PasskeyAdded,
  },
  "passkey.rename": {
    method: "PATCH",
    path: "/api/v1/account/passkeys/:id",
    needs: "session:own",
    stepUp: "factors",
    beforeSecondFactor: true,
    summary: "Call a passkey something else",
    params: passkeyParams,
    body: p.PasskeyRename,
    response: p.Passkey,
  },
  "passkey.remove": {
    method: "DELETE",
    path: "/api/v1/account/passkeys/:id",
    needs: "session:own",
    stepUp: "factors",
    beforeSecondFactor: true,
    summary: "Remove a passkey; all other sessions end",
    status: 204,
    params: passkeyParams,
    response: "empty",
  },
  "passkey.beginSignIn": {
    method: "POST",
    path: "/api/v1/session/passkey/begin",
    needs: "public",
    summary: "Begin to sign in with a passkey; asks nobody's name",
    response: p.PasskeyRequest,
  },
  "passkey.signIn": {
    method: "POST",
    path: "/api/v1/session/passkey",
    needs: "public",
    summary: "Sign in with a passkey",
    status: 201,
    body: p.PasskeySignIn,
    response: t.Session,
  },
  "passkey.beginStepUp": {
    method: "POST",
    path: "/api/v1/session/step-up/passkey/begin",
    needs: "session:own",
    beforeSecondFactor: true,
    summary: "Begin to prove again by passkey who one is",
    response: p.PasskeyRequest,
  },
  "passkey.stepUp": {
    method: "POST",
    path: "/api/v1/session/step-up/passkey",
    needs: "session:own",
    beforeSecondFactor: true,
    summary: "Prove again by passkey who one is; the session goes on under a new token",
    body: p.PasskeySignIn,
    response: t.Session,
  },
} as const satisfies Record<string, RouteDefinition>;
