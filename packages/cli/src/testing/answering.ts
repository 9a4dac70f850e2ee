import type { World } from "../world.ts";
import { fakeWorld } from "./fake-world.ts";
import { run } from "../run.ts";

type Sent = Readonly<{ call: string; body: unknown }>;
export type Ended = Readonly<{ code: number; out: string; err: string; sent: readonly Sent[] }>;

/** Runs a command in this process, signed in at a server that gives these answers by method and path; anything else is a 404. */
export async function tyrWith(
  argv: readonly string[],
  answers: Readonly<Record<string, unknown>>,
  over: Partial<World> = {},
): Promise<Ended> {
  const sent: Sent[] = [];
  const fetch: World["fetch"] = async (address, init) => {
    const { pathname } = new URL(address instanceof Request ? address.url : address);
    const call = `${init?.method ?? "GET"} ${pathname}`;
    sent.push({ call, body: typeof init?.body === "string" ? (JSON.parse(init.body) as unknown) : undefined });
    const answer = answers[call];
    const problem = { code: "NOT_FOUND", title: "There is no such thing", status: 404, detail: call };
    return await Promise.resolve(
      new Response(JSON.stringify(answer ?? problem), {
        status: answer === undefined ? 404 : 200,
        headers: { "content-type": answer === undefined ? "application/problem+json" : "application/json" },
      }),
    );
  };
  const env = { TYR_URL: "http://127.0.0.1:1", TYR_TOKEN: "token" };
  const world = await fakeWorld({ argv, env, fetch, ...over });
  return { code: await run(world, "0"), out: world.out(), err: world.err(), sent };
}
