import { Type, type Static } from "typebox";
import { Instant, StorableText } from "./basics.ts";
import { Password } from "./trust.ts";

/** Six digits of an authenticator application, or a recovery code; spaces and hyphens do not count. */
export const FactorCode = StorableText(60, { minLength: 1 });

/** What somebody shows to prove again who they are: as at sign-in. */
export const StepUpBody = Type.Object(
  {
    password: Password,
    /** Asked for where the account has a second factor. */
    code: Type.Optional(FactorCode),
    /** true: answer the new session token in the body instead of a cookie (command line). */
    token: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);
export const PasswordChange = Type.Object({ current: Password, password: Password }, { additionalProperties: false });

/** How somebody can sign in. */
export const SignInMethods = Type.Object({
  /** A password of 15 characters or more opens an account alone; a shorter one needs a second factor beside it. */
  passwordStandsAlone: Type.Boolean(),
  totp: Type.Union([Type.Object({ since: Instant }), Type.Null()]),
  passkeys: Type.Integer({ minimum: 0 }),
  recoveryCodesLeft: Type.Integer({ minimum: 0 }),
});
export type SignInMethods = Static<typeof SignInMethods>;

/** `secret` (base32, RFC 4648) and `uri` (otpauth) are shown this once, and count when a code made with them came back. */
export const TotpEnrolment = Type.Object({ secret: Type.String(), uri: Type.String() });
export type TotpEnrolment = Static<typeof TotpEnrolment>;
export const TotpConfirm = Type.Object({ code: FactorCode }, { additionalProperties: false });
/** Each counts once. They are shown this one time. */
export const RecoveryCodes = Type.Object({ codes: Type.Array(Type.String()) });
export type RecoveryCodes = Static<typeof RecoveryCodes>;

/** A new first password for somebody who lost what they sign in with. */
export const SignInReset = Type.Object({ password: Password }, { additionalProperties: false });
