import { createHmac } from "node:crypto";
import { ApiProblem, createClient, type Client } from "@tyr/contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import { builtDirectory } from "./built-directory.ts";
import { login, makeUser, PASSWORD, setUp, startServer, type ServerProcess } from "./server-process.ts";

/** The composed program with a real clock: what an authenticator application shows is computed here a second time. */
const dir = await builtDirectory();
let server: ServerProcess;
let admin: Client;
beforeAll(async () => {
  server = await startServer({ dataDir: dir.path, args: ["--no-sample"] });
  admin = await setUp(server);
});
afterAll(async () => {
  await server.kill();
  dir[Symbol.dispose]();
});

/** RFC 6238 with base32 of RFC 4648, for the step that is so many steps from now. */
function shown(secret: string, steps = 0): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = Array.from(secret, (letter) => alphabet.indexOf(letter).toString(2).padStart(5, "0")).join("");
  const key = Uint8Array.from(bits.match(/.{8}/g) ?? [], (byte) => Number.parseInt(byte, 2));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
  const mac = createHmac("sha1", key).update(counter).digest();
  const at = (mac.at(-1) ?? 0) & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

const as = (token: string): Client =>
  createClient({ baseUrl: server.url, headers: () => ({ authorization: `Bearer ${token}` }) });

async function codeOf(work: Promise<unknown>): Promise<string> {
  return await work.then(
    () => "done",
    (error: unknown) => (error instanceof ApiProblem ? error.problem.code : String(error)),
  );
}

test("a person adds an authenticator, signs in with it once per code, proves again, and gets back in by recovery code", async () => {
  const name = "grace.hopper";
  await makeUser(admin, server.url, { name, roles: ["analyst"] });
  const nobody = createClient({ baseUrl: server.url });
  const signIn = async (code?: string) =>
    await nobody.call("session.login", {
      body: { name, password: PASSWORD, token: true, ...(code === undefined ? {} : { code }) },
    });
  const first = as((await signIn()).token ?? "");
  const { secret } = await first.call("account.enrolTotp", {});
  // Not on the edge of a step, which the first code would fall off.
  const leftMs = 30_000 - (Date.now() % 30_000);
  if (leftMs < 2_000) await new Promise((resolve) => void setTimeout(resolve, leftMs));
  // The step before now: the ones for signing in and proving again are still to come.
  const { codes } = await first.call("account.confirmTotp", { body: { code: shown(secret, -1) } });
  expect(await codeOf(signIn())).toBe("SECOND_FACTOR_NEEDED");
  const code = shown(secret);
  const { token = "" } = await signIn(code);
  expect(await codeOf(signIn(code))).toBe("LOGIN_FAILED");
  const body = { password: PASSWORD, code: shown(secret, 1), token: true };
  const renewed = await as(token).call("session.stepUp", { body });
  expect(await codeOf(as(token).call("session.get", {}))).toBe("NOT_AUTHENTICATED");
  expect((await as(renewed.token ?? "").call("account.methods", {})).recoveryCodesLeft).toBe(10);
  expect((await signIn(codes[0])).user.name).toBe(name);
  // The last try of this test: its failure waits for the test below.
  expect(await codeOf(signIn(codes[0]))).toBe("LOGIN_FAILED");
});

test("whoever starts the server lets the password of somebody locked out count again, and the log says that nobody asked", async () => {
  await server.stop();
  server = await startServer({ dataDir: dir.path, args: ["--no-sample", "--unlock", "Grace.Hopper"] });
  expect(server.output()).toContain("The password of Grace.Hopper counts again.");
  admin = await login(server.url, "alice");
  const { items } = await admin.call("audit.list", { query: { type: "user.unlocked" } });
  expect(items).toMatchObject([{ actor: { kind: "system" }, before: "failing", after: "open" }]);
});

test("a well-known password is refused for accounts the program makes, and a long one of one's own taken", async () => {
  const make = async (password: string) =>
    await codeOf(admin.call("user.create", { body: { name: `u${Date.now()}`, roles: ["viewer"], password } }));
  expect(await make("passwordpassword1")).toBe("PASSWORD_TOO_WEAK");
  expect(await make("eleven quiet lanterns drift")).toBe("done");
});
