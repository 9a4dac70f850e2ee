import { ok, PERMISSION_NAMES, refuse, type Session } from "@tyr/contract";
import { describe, expect, onTestFinished, test } from "vitest";
import { flowCookie, sessionCookie } from "./cookie.ts";
import { federationHandlers } from "./federation.ts";
import { AS, fakeServer, person } from "./testing/fake-server.ts";

const HOST = { host: "127.0.0.1:8970", "sec-fetch-site": "same-origin" };
const PUBLIC_URL = "http://127.0.0.1:8970";
const SEED = "s".repeat(43);
const TOKEN = "t".repeat(43);

async function started() {
  const seeds: (string | undefined)[] = [];
  const ended: string[] = [];
  const federation = {
    providers: () => [{ id: "corp", name: "Corp" }],
    begin: async () => ok({ url: "https://id.example.org/authorize?x=1", seed: SEED }),
    finish: async ({ seed }: { seed: string | undefined }) => {
      seeds.push(seed);
      return seed === SEED ? ok({ session: {} as Session, token: TOKEN }) : refuse("SSO_FAILED", "no");
    },
    beginProof: async () => ok({ url: "https://id.example.org/authorize?prompt=login", seed: SEED }),
    finishProof: async ({ seed }: { seed: string | undefined }) =>
      seed === SEED ? ok({ session: {} as Session, token: TOKEN }) : refuse("PROOF_WRONG", "no"),
    unlinkOwn: async () => ok(undefined),
    endSessionUrl: async () => "https://id.example.org/end",
    endedThere: async () => ok(undefined),
    links: async () => [],
    link: async () => refuse("NOT_FOUND", "no"),
    unlink: async () => ok(undefined),
  };
  const handlers = federationHandlers({
    federation,
    identity: {
      authenticate: async () => undefined,
      signOut: async ({ caller }) => void ended.push(caller.actor.name),
    },
    cookie: sessionCookie(PUBLIC_URL),
    flowCookie: flowCookie(PUBLIC_URL),
  });
  const server = await fakeServer({ handlers });
  server.callers.set("ada", person("ada", new Set(PERMISSION_NAMES)));
  onTestFinished(async () => await server.app.close());
  const post = async (path: string, headers: Record<string, string> = {}, payload: object = {}) =>
    await server.app.inject({ method: "POST", url: `/api/v1/sso/${path}`, headers: { ...HOST, ...headers }, payload });
  return { server, post, seeds, ended };
}

describe("sign-in through another system, over HTTP", () => {
  test("keeps what binds it to this browser in a cookie of its own, out of reach of scripts and of the answer", async () => {
    const { post } = await started();
    const begun = await post("corp/begin");
    expect(begun.headers["set-cookie"]).toBe(`tyr-sso=${SEED}; Path=/; HttpOnly; SameSite=Lax; Max-Age=600`);
    expect(begun.json()).toEqual({ url: "https://id.example.org/authorize?x=1" });
    expect(flowCookie("https://tyr.example").keep(SEED)).toMatch(/^__Host-tyr-sso=.*; Secure; /);
  });

  test("hands the cookie's value to the check, and nothing for one that nobody here wrote", async () => {
    const { post, seeds } = await started();
    const answer = { query: "code=1&state=2" };
    const done = await post("corp/finish", { cookie: `tyr-sso=${SEED}` }, answer);
    expect([done.statusCode, done.headers["set-cookie"]]).toEqual([201, expect.stringContaining(`tyr=${TOKEN}`)]);
    for (const cookie of ["", "tyr-sso=", "tyr-sso=<script>", `tyr=${SEED}`, `x-tyr-sso=${SEED}`]) {
      const refused = await post("corp/finish", { cookie }, answer);
      expect([cookie, refused.statusCode, refused.headers["set-cookie"]]).toEqual([cookie, 401, undefined]);
    }
    expect(seeds).toEqual([SEED, undefined, undefined, undefined, undefined, undefined]);
  });

  test("is neither begun nor ended by another site, and its answer has a bounded length", async () => {
    const { post, seeds } = await started();
    for (const path of ["corp/begin", "corp/finish"]) {
      const foreign = await post(path, { "sec-fetch-site": "cross-site" }, { query: "code=1" });
      expect([path, foreign.statusCode]).toEqual([path, 403]);
    }
    expect((await post("corp/finish", {}, { query: "x".repeat(7_000) })).statusCode).toBe(400);
    expect((await post("..%2fcorp/begin")).statusCode).toBe(400);
    expect(seeds).toEqual([]);
  });

  test("ends here when somebody signs out, who is told where it goes on", async () => {
    const { post, ended } = await started();
    const out = await post("logout", { [AS]: "ada/cookie" });
    expect([out.json(), out.headers["set-cookie"], ended]).toEqual([
      { url: "https://id.example.org/end" },
      expect.stringContaining("Max-Age=0"),
      ["ada"],
    ]);
  });
});
