import { systemClock } from "#platform/clock";
import { openDatabase } from "#platform/database";
import { createEndAccess } from "../../end-access.ts";
import { createReviews } from "../index.ts";

/**
 * For tests: a process that closes a campaign and is in the middle of it until it is killed: the second account it
 * disables never ends. Arguments: data directory, database URL or "embedded", campaign, who closes. Says when it is there.
 */
const [dataDir = "", url = "", id = "", actor = ""] = process.argv.slice(2);
const database = await openDatabase({
  url: url === "embedded" ? undefined : url,
  dataDir,
  clock: systemClock,
  encode: (record) => new TextEncoder().encode(JSON.stringify(record)),
});
let ends = 0;
const endAccess = createEndAccess([
  {
    counted: "sessionsEnded",
    async end() {
      ends += 1;
      if (ends < 2) return { count: 0 };
      process.stdout.write("in the middle\n");
      return await new Promise<never>(() => setInterval(() => undefined, 1_000));
    },
  },
]);
await createReviews({ database, clock: systemClock, endAccess }).close(id, {
  actor: { kind: "person", id: actor, name: "ada" },
  requestId: "r-killed",
});
