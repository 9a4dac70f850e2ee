import { Type } from "typebox";
import { IdSchema } from "../ids.ts";
import type { RouteDefinition } from "../route.ts";
import * as a from "../schemas/account.ts";
import * as t from "../schemas/trust.ts";

const subjectParams = Type.Object({ id: IdSchema("subject") });

export const accountRoutes = {
  "session.stepUp": {
    method: "POST",
    path: "/api/v1/session/step-up",
    needs: "session:own",
    summary: "Prove again who one is; the session goes on under a new token",
    body: a.StepUpBody,
    response: t.Session,
  },
  "account.methods": {
    method: "GET",
    path: "/api/v1/account/methods",
    needs: "session:own",
    summary: "How one can sign in",
    response: a.SignInMethods,
  },
  "account.changePassword": {
    method: "PUT",
    path: "/api/v1/account/password",
    needs: "session:own",
    stepUp: "factors",
    summary: "Change one's own password; all other sessions end",
    status: 204,
    body: a.PasswordChange,
    response: "empty",
  },
  "account.enrolTotp": {
    method: "POST",
    path: "/api/v1/account/totp",
    needs: "session:own",
    stepUp: "factors",
    summary: "Begin with an authenticator application (TOTP, RFC 6238): its secret, once",
    status: 201,
    response: a.TotpEnrolment,
  },
  "account.confirmTotp": {
    method: "POST",
    path: "/api/v1/account/totp/confirm",
    needs: "session:own",
    stepUp: "factors",
    summary: "Show a code of the application: from then on sign-in asks for one; answers the recovery codes, once",
    body: a.TotpConfirm,
    response: a.RecoveryCodes,
  },
  "account.removeTotp": {
    method: "DELETE",
    path: "/api/v1/account/totp",
    needs: "session:own",
    stepUp: "factors",
    summary: "Sign in without the authenticator application from now on",
    status: 204,
    response: "empty",
  },
  "account.renewRecoveryCodes": {
    method: "POST",
    path: "/api/v1/account/recovery-codes",
    needs: "session:own",
    stepUp: "factors",
    summary: "Make new recovery codes, shown once; the old ones count no more",
    status: 201,
    response: a.RecoveryCodes,
  },
  "user.sessions": {
    method: "GET",
    path: "/api/v1/users/:id/sessions",
    needs: "user:read",
    summary: "Where a user is signed in",
    params: subjectParams,
    response: t.SessionList,
  },
  "user.endSessions": {
    method: "POST",
    path: "/api/v1/users/:id/end-sessions",
    needs: "user:write",
    stepUp: "users",
    summary: "End every session of a user",
    status: 204,
    params: subjectParams,
    response: "empty",
  },
  "user.resetSignIn": {
    method: "POST",
    path: "/api/v1/users/:id/reset-sign-in",
    needs: "user:write",
    stepUp: "users",
    summary: "For somebody who lost what they sign in with: a new first password, no second factor, no session",
    params: subjectParams,
    body: a.SignInReset,
    response: t.User,
  },
} as const satisfies Record<string, RouteDefinition>;
