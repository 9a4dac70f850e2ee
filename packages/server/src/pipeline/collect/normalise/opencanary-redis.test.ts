import { expect, test } from "vitest";
import { normalise } from "./index.ts";

const options = { format: "auto", sensorKind: "custom", now: new Date("2026-11-22T00:00:00Z") } as const;

function read(logdata: object) {
  const line = {
    logtype: 17001,
    node_id: "c1",
    utc_time: "2026-02-01 10:00:00.5",
    src_host: "203.0.113.7",
    src_port: 4,
    logdata,
  };
  const normalised = normalise(JSON.stringify(line), options);
  if (!normalised.ok) throw new Error(normalised.reason);
  return normalised.event;
}

test("a command at OpenCanary's Redis is what a database was asked, so that the rules of databases read it", () => {
  const event = read({ CMD: "CONFIG", ARGS: "SET dir /root/.ssh" });
  expect(event).toMatchObject({ kind: "db_query", action: "redis.command", src: { ip: "203.0.113.7" } });
  expect(event.logsource).toMatchObject({ category: "database", product: "opencanary" });
  expect(event.ecs["db.statement"]).toBe("CONFIG SET dir /root/.ssh");
});

test("a password that is tried there stands in no alias", () => {
  expect(JSON.stringify(read({ CMD: "auth", ARGS: "s3cret" }).ecs)).not.toContain("s3cret");
});
