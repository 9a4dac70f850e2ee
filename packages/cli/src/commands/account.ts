import type { SignInMethods } from "@tyr/contract";
import type { Run } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { showInstant } from "../output/instants.ts";
import { visible } from "../output/visible-text.ts";

function lines({ passwordStandsAlone, totp, passkeys, recoveryCodesLeft }: SignInMethods): string[] {
  return [
    `password        ${passwordStandsAlone ? "15 characters or more" : "short: counts only beside a second factor"}`,
    `authenticator   ${totp === null ? "none" : `since ${showInstant(totp.since)}`}`,
    `passkeys        ${passkeys === 0 ? "none" : passkeys}`,
    `recovery codes  ${recoveryCodesLeft} left`,
  ];
}

export const show: Run = async ({ api, print }) => {
  const methods = await (await api()).call("account.methods", {});
  print.one(methods, () => lines(methods));
  return EXIT.ok;
};

/** Typed twice: a password nobody knows would lock its owner out. */
export const changePassword: Run = async ({ api: open, ask, print }) => {
  const api = await open();
  const where = "a terminal: passwords are typed";
  const current = await ask.secret("Current password", where);
  const password = await ask.secret("New password", where);
  if ((await ask.secret("New password again", where)) !== password) {
    print.warn("the two are not the same; nothing was changed");
    return EXIT.failed;
  }
  await api.call("account.changePassword", { body: { current, password } });
  print.say("The password is changed. All your other sessions have ended.");
  return EXIT.ok;
};

export const addTotp: Run = async ({ api: open, ask, print }) => {
  const api = await open();
  const { secret, uri } = await api.call("account.enrolTotp", {});
  print.say(`Add this to an authenticator application: ${visible(secret)}`);
  print.say(visible(uri));
  const code = await ask.text("Code it shows now", "a terminal: the code is typed");
  const codes = await api.call("account.confirmTotp", { body: { code } });
  print.one(codes, () => codes.codes.map(visible));
  print.say("From now on signing in asks for a code. Keep the recovery codes above: each opens the account once.");
  return EXIT.ok;
};

export const removeTotp: Run = async ({ api: open, ask, print }, input) => {
  const api = await open();
  if (!input.flag("yes")) await ask.confirm("Sign in with the password alone from now on?", "--yes");
  await api.call("account.removeTotp", {});
  print.say("The authenticator application and the recovery codes count no more.");
  return EXIT.ok;
};

export const renewRecoveryCodes: Run = async ({ api: open, print }) => {
  const codes = await (await open()).call("account.renewRecoveryCodes", {});
  print.one(codes, () => codes.codes.map(visible));
  print.say("Each opens the account once. The codes before count no more.");
  return EXIT.ok;
};
