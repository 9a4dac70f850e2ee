import { isExposed } from "../configuration.ts";
import type { Run } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { CliFailure, usage } from "../failure.ts";
import { showInstant } from "../output/instants.ts";
import { visible } from "../output/visible-text.ts";
import { readUserFile, writeUserFile } from "../user-file.ts";
import { withCode } from "../prove.ts";
import { readPassword } from "./password-input.ts";

export const login: Run = async (context, input) => {
  const { print, world, ask } = context;
  const { url } = await context.configuration();
  if (isExposed(url.value) && world.env["TYR_CLEARTEXT"] !== "allow")
    throw usage(
      `${url.value} would get the password unencrypted`,
      "Use https, or set TYR_CLEARTEXT=allow when the network is yours alone.",
    );
  const name = input.text("name") ?? (await ask.text("Name", "--name"));
  const password = await readPassword(context, input);
  const api = await context.api();
  const given = input.text("code");
  const signIn = async (code: string | undefined) => {
    const body = { name, password, token: true, ...(code === undefined ? {} : { code }) };
    return await api.call("session.login", { body });
  };
  const session = given === undefined ? await withCode(ask, signIn) : await signIn(given);
  const { token, expiresAt, user } = session;
  if (token === undefined)
    throw new CliFailure("the server answered without a token", {
      exit: EXIT.failed,
      fix: "It may be of another version than this command.",
    });
  const file = await writeUserFile(world, { url: url.value, token, name: user.name, expiresAt });
  print.one({ url: url.value, name: user.name, roles: user.roles, expiresAt, file }, () => [
    `Signed in to ${url.value} as ${visible(user.name)} (${visible(user.roles.join(", "))}) until ${showInstant(expiresAt)}.`,
  ]);
  if (session.mustChangePassword === true)
    print.warn(
      "somebody else chose this password: until you choose your own (tyr account password) nothing else is open",
    );
  print.say(`Kept in ${visible(file)}, readable by you alone. tyr logout ends it.`);
  return EXIT.ok;
};

/** The kept token goes first: whatever the server says, this machine no longer holds it. */
export const logout: Run = async (context) => {
  const { print, world } = context;
  const configuration = await context.configuration();
  const { token: kept, expiresAt, name, ...rest } = await readUserFile(world);
  if (configuration.token === undefined) {
    print.say("Nobody is signed in.");
    return EXIT.ok;
  }
  if (kept !== undefined && configuration.token.value === kept) await writeUserFile(world, rest);
  try {
    await (await context.api()).call("session.logout", {});
  } catch (error) {
    if (!(error instanceof CliFailure)) throw error;
    if (error.parts.problemCode !== "NOT_AUTHENTICATED") {
      const until = expiresAt === undefined ? "it expires" : showInstant(expiresAt);
      print.warn(`the token is gone from this machine, but the server was not told: it holds until ${until}`);
      throw error;
    }
  }
  print.say(`Signed out${name === undefined ? "" : ` ${visible(name)}`} from ${configuration.url.value}.`);
  return EXIT.ok;
};
