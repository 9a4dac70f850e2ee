import { ok, refuse, type Session } from "@tyr/contract";
import { expect, onTestFinished, test } from "vitest";
import type { Identity, Origin, Own } from "#identity";
import { deviceCookie, sessionCookie } from "./cookie.ts";
import { sessionHandlers } from "./sessions.ts";
import { fakeServer } from "./testing/fake-server.ts";

const PUBLIC_URL = "http://127.0.0.1:8970";
const [TOKEN, DEVICE] = ["t".repeat(43), "d".repeat(43)];

test("a browser that was not known gets a cookie of its own besides the session's, and shows it at the next sign-in", async () => {
  const seen: (string | undefined)[] = [];
  const signIn = async (_credentials: unknown, { device }: Origin) => {
    seen.push(device);
    if (device === undefined) return ok({ session: {} as Session, token: TOKEN, device: DEVICE });
    return device === DEVICE ? ok({ session: {} as Session, token: TOKEN }) : refuse("LOGIN_FAILED", "no");
  };
  const identity = { signIn, authenticate: async () => undefined } as unknown as Identity;
  const cookies = { cookie: sessionCookie(PUBLIC_URL), device: deviceCookie(PUBLIC_URL) };
  const server = await fakeServer({ handlers: sessionHandlers({ identity, ...cookies }) });
  onTestFinished(async () => await server.app.close());
  const login = async (cookie: string) =>
    await server.app.inject({
      method: "POST",
      url: "/api/v1/session",
      headers: { host: "127.0.0.1:8970", "sec-fetch-site": "same-origin", cookie },
      payload: { name: "ada", password: "x" },
    });
  const session = expect.stringMatching(/^tyr=t{43}; Path=\/; HttpOnly; SameSite=Lax/) as string;
  const known = expect.stringMatching(
    /^tyr-device=d{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=15552000$/,
  ) as string;
  expect((await login("")).headers["set-cookie"]).toEqual([session, known]);
  expect((await login(`tyr-device=${DEVICE}`)).headers["set-cookie"]).toEqual(session);
  expect((await login("tyr-device=<b>")).statusCode).toBe(201);
  expect(seen).toEqual([undefined, DEVICE, undefined]);
});

test("signing in again in the same browser ends the session it had there", async () => {
  const ended: (string | undefined)[] = [];
  const old = "o".repeat(43);
  const identity = {
    signIn: async () => ok({ session: {} as Session, token: TOKEN }),
    authenticate: async (token: string) =>
      token === old ? { actor: { kind: "person", id: "usr_1", name: "ada" }, sessionId: "ses_old" } : undefined,
    signOut: async ({ caller }: Own) => void ended.push(caller.sessionId),
  } as unknown as Identity;
  const cookies = { cookie: sessionCookie(PUBLIC_URL), device: deviceCookie(PUBLIC_URL) };
  const server = await fakeServer({ handlers: sessionHandlers({ identity, ...cookies }) });
  onTestFinished(async () => await server.app.close());
  const login = async (cookie: string, token?: true) =>
    await server.app.inject({
      method: "POST",
      url: "/api/v1/session",
      headers: { host: "127.0.0.1:8970", "sec-fetch-site": "same-origin", cookie },
      payload: { name: "ada", password: "x", ...(token === undefined ? {} : { token }) },
    });
  expect((await login(`tyr=${old}`)).headers["set-cookie"]).toMatch(/^tyr=t{43};/);
  expect(ended).toEqual(["ses_old"]);
  await login(`tyr=${"x".repeat(43)}`);
  await login(`tyr=${old}`, true);
  expect(ended).toEqual(["ses_old"]);
});
