import type { Passkey, SignInMethods, UsedApprovalKey } from "@tyr/contract";
import type { Answers } from "./answers.ts";
import { Refused } from "./refused.ts";

/** How everybody of the stand-in signs in. */
export type AccountState = {
  methods: SignInMethods;
  passkeys: readonly Passkey[];
  approvalKeys: readonly UsedApprovalKey[];
  /** The proof of who somebody is has become too old: what asks for one is refused until it was given. */
  proofIsOld: boolean;
  /** Somebody else chose the password. */
  mustChangePassword: boolean;
};

export const makeAccount = (): AccountState => ({
  methods: { passwordStandsAlone: true, totp: null, passkeys: 0, recoveryCodesLeft: 0 },
  passkeys: [],
  approvalKeys: [],
  proofIsOld: false,
  mustChangePassword: false,
});

/** The code that counts. */
export const GOOD_CODE = "123456";
const codes = (): string[] =>
  Array.from(
    { length: 10 },
    (_, at) => `ABCDE${at % 8 === 0 ? "A" : "B"}-FGHIJK-LMNOPQ-RSTUV${"ABCDEFGHIJ"[at] ?? ""}`,
  );

/** @throws {Refused} as the server refuses a sign-in or a proof without its second factor */
export function needCode({ methods }: AccountState, code: string | undefined): void {
  if (methods.totp === null || code === GOOD_CODE) return;
  if (code === undefined)
    throw new Refused("SECOND_FACTOR_NEEDED", "this account asks for a code besides the password");
  throw new Refused("PROOF_WRONG", "wrong code");
}

export const accountAnswers = (sessionAnswer: NonNullable<Answers["session.get"]>): Answers => ({
  "session.stepUp": ({ body }, asking) => {
    const { account } = asking.world;
    if (body.password === "wrong") throw new Refused("PROOF_WRONG", "wrong password");
    needCode(account, body.code);
    account.proofIsOld = false;
    return sessionAnswer({}, asking);
  },
  "user.endSessions": () => undefined,
  "user.unlock": () => undefined,
  "user.resetSignIn": ({ params }, { world }) => {
    const user = world.users.find(({ id }) => id === params.id);
    if (user === undefined) throw new Refused("NOT_FOUND", "there is no such user");
    return user;
  },
  "account.methods": (_, { world }) => world.account.methods,
  "account.changePassword": ({ body }, { world }) => {
    if (body.current === "wrong") throw new Refused("PROOF_WRONG", "wrong password");
    const passwordStandsAlone = body.password.length >= 15;
    world.account.methods = { ...world.account.methods, passwordStandsAlone };
    world.ownSessions = world.ownSessions.filter((one) => one.current);
    world.account.mustChangePassword = false;
  },
  "account.enrolTotp": () => ({
    secret: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
    uri: "otpauth://totp/Tyr:mara?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Tyr",
  }),
  "account.confirmTotp": ({ body }, { world }) => {
    if (body.code !== GOOD_CODE) throw new Refused("PROOF_WRONG", "wrong code");
    const totp = { since: new Date().toISOString() };
    world.account.methods = { ...world.account.methods, totp, recoveryCodesLeft: 10 };
    return { codes: codes() };
  },
  "account.removeTotp": (_, { world }) => {
    world.account.methods = { ...world.account.methods, totp: null, recoveryCodesLeft: 0 };
  },
  "account.renewRecoveryCodes": (_, { world }) => {
    world.account.methods = { ...world.account.methods, recoveryCodesLeft: 10 };
    return { codes: codes() };
  },
});
