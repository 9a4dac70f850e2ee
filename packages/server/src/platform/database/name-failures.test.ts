import { createServer, type AddressInfo, type Server } from "node:net";
import { Pool } from "pg";
import { expect, onTestFinished, test } from "vitest";
import { nameFailures } from "./name-failures.ts";

function poolTo(port: number): Pool {
  const pool = new Pool({ host: "127.0.0.1", port, user: "x", database: "x", connectionTimeoutMillis: 2_000 });
  pool.on("error", () => undefined);
  onTestFinished(async () => await pool.end());
  return nameFailures(pool);
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

test("a PostgreSQL that is not there, or that hangs up, is called so with the cause", async () => {
  const server = createServer((socket) => socket.destroy());
  const port = await listen(server);
  await expect(poolTo(port).connect()).rejects.toMatchObject({ code: "DATABASE_UNAVAILABLE" });
  await new Promise((resolve) => void server.close(resolve));
  await expect(poolTo(port).connect()).rejects.toMatchObject({
    code: "DATABASE_UNAVAILABLE",
    cause: { code: "ECONNREFUSED" },
  });
});
