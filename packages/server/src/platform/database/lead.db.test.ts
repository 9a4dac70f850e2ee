import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { Pool } from "pg";
import { expect, onTestFinished, test } from "vitest";
import { createPostgresDatabase, TEST_ENGINES } from "#platform/testing";
import { leadsOnPostgres } from "./lead.ts";

const KEY = 7;

/** A way to the database that can go silent: nothing is forwarded any more, and nobody is told. */
async function silenceable(url: string) {
  const to = new URL(url);
  const sockets = new Set<Socket>();
  const ahead = new Set<Socket>();
  let isSilent = false;
  const pass = (from: Socket, into: Socket): void => {
    sockets.add(from);
    from.on("data", (bytes) => void (isSilent || into.write(bytes)));
    from.on("close", () => void (isSilent || into.destroy()));
    from.on("error", () => undefined);
  };
  const server = createServer((near) => {
    const far = connect(Number(to.port || 5432), to.hostname);
    ahead.add(far);
    pass(near, far);
    pass(far, near);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const through = new URL(url);
  through.hostname = "127.0.0.1";
  through.port = String((server.address() as AddressInfo).port);
  return {
    url: through.href,
    /** The database gives up its end, as it does after some seconds of silence. */
    silence() {
      isSilent = true;
      for (const socket of ahead) socket.destroy();
    },
  };
}

function poolOf(url: string): Readonly<{ pool: Pool; opened: () => number }> {
  const pool = new Pool({ connectionString: url, max: 4 });
  let opened = 0;
  pool.on("connect", () => void (opened += 1));
  pool.on("error", () => undefined);
  return { pool, opened: () => opened };
}

test.skipIf(!TEST_ENGINES.includes("postgres"))(
  "whose connection goes silent knows within seconds that it leads no more, and ends without waiting for an answer",
  async () => {
    const { url, drop } = await createPostgresDatabase();
    onTestFinished(async () => await drop());
    const way = await silenceable(url);
    const [one, two] = [poolOf(way.url), poolOf(url)];
    const [first, second] = [leadsOnPostgres(one.pool), leadsOnPostgres(two.pool)];
    onTestFinished(async () => await two.pool.end());

    const lead = await first.take(KEY);
    const other = await first.take(KEY + 1);
    expect(await lead?.isHeld()).toBe(true);
    expect(await second.take(KEY)).toBeUndefined();

    way.silence();
    const began = performance.now();
    expect(await lead?.isHeld()).toBe(false);
    expect(await lead?.isHeld(), "for good, and at once").toBe(false);
    await lead?.[Symbol.asyncDispose]();
    await other?.[Symbol.asyncDispose]();
    await first.close();
    await one.pool.end();
    expect(performance.now() - began).toBeLessThan(8_000);

    const next = await second.take(KEY);
    expect(await next?.isHeld()).toBe(true);
    await second.close();
    expect(await next?.isHeld()).toBe(false);
  },
  30_000,
);

test.skipIf(!TEST_ENGINES.includes("postgres"))(
  "who stands by asks over one connection, and nobody is given the same lead twice",
  async () => {
    const { url, drop } = await createPostgresDatabase();
    onTestFinished(async () => await drop());
    const [one, two] = [poolOf(url), poolOf(url)];
    const [first, second] = [leadsOnPostgres(one.pool), leadsOnPostgres(two.pool)];
    onTestFinished(async () => {
      await one.pool.end();
      await two.pool.end();
    });
    const lead = await first.take(KEY);
    for (let looks = 0; looks < 5; looks += 1) expect(await second.take(KEY)).toBeUndefined();
    expect(two.opened()).toBe(1);
    expect(await first.take(KEY), "of the same process neither").toBeUndefined();

    await lead?.[Symbol.asyncDispose]();
    const taken = await Promise.all([second.take(KEY), second.take(KEY)]);
    expect(taken.filter((each) => each !== undefined)).toHaveLength(1);
    await Promise.all([first.close(), second.close()]);
  },
);
