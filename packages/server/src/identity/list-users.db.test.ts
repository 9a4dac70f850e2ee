import type { SubjectId, UserMeans } from "@tyr/contract";
import { afterAll, beforeAll, expect, describe, test } from "vitest";
import { fixedClock } from "#platform/clock";
import { openTestDatabase, TEST_ENGINES, type TestDatabase } from "#platform/testing";
import { newId } from "#platform/ids";
import { countersOf } from "./known-device.ts";
import { listUsers } from "./list-users.ts";
import { FAILURES_MAX } from "./login-delay.ts";
import { hashToken } from "./session-rules.ts";
import { insertSubject } from "./store.ts";

const START = new Date("2026-11-02T08:00:00.000Z");
const NONE: UserMeans = { authenticator: false, passkeys: 0, providers: 0, locked: false };

describe.each(TEST_ENGINES)("the list of users on %s", (engine) => {
  let world: TestDatabase;
  beforeAll(async () => {
    world = await openTestDatabase(engine, fixedClock(START.toISOString()));
  });
  afterAll(async () => await world[Symbol.asyncDispose]());

  async function add(name: string, password = "$argon2id$none"): Promise<SubjectId> {
    const id = newId("subject", START);
    const subject = {
      id,
      name,
      password,
      password_stands_alone: true,
      password_until: null,
      roles: [],
      active: true,
      created_at: START,
      last_seen_at: null,
    };
    await world.db.bookkeep("counters", async (tx) => {
      await insertSubject(tx, subject);
    });
    return id;
  }
  const listed = async (id: SubjectId) => (await listUsers(world.db.read)).find((user) => user.id === id);

  test("says what each signs in with: what is confirmed and counts, and nothing of anybody else", async () => {
    const [ada, bare] = [await add("ada"), await add("bare")];
    const passkey = (last: number, refused_since: Date | null) => ({
      id: newId("passkey", START),
      subject_id: ada,
      credential_id: Buffer.from([last]),
      public_key: Buffer.from([1]),
      counter: 0,
      transports: "[]",
      synced: false,
      name: `key ${last}`,
      created_at: START,
      last_used_at: null,
      refused_since,
    });
    await world.db.bookkeep("counters", async (tx) => {
      const totp = { created_at: START, last_step: 0 };
      await tx
        .insertInto("totp")
        .values([{ ...totp, subject_id: ada, confirmed_at: START }])
        .execute();
      await tx
        .insertInto("totp")
        .values([{ ...totp, subject_id: bare, confirmed_at: null }])
        .execute();
      await tx
        .insertInto("passkey")
        .values([passkey(1, null), passkey(2, null), passkey(3, START)])
        .execute();
    });
    expect((await listed(ada))?.means).toEqual({ ...NONE, authenticator: true, passkeys: 2 });
    expect((await listed(bare))?.means).toEqual(NONE);
  });

  test("says whose password counts no more, whether strangers failed at the name or somebody in a known browser", async () => {
    const [named, browser, failing] = [await add("Ñamed"), await add("browser"), await add("failing")];
    await world.db.bookkeep("counters", async (tx) => {
      const device_hash = hashToken("a browser of long ago");
      await tx.insertInto("known_device").values({ device_hash, subject_id: browser, expires_at: START }).execute();
      const count = async (name_hash: Uint8Array | undefined, failures: number): Promise<void> => {
        if (name_hash === undefined) throw new Error("it is counted nowhere");
        const row = { name_hash, failures, not_before: START, updated_at: START };
        await tx.insertInto("login_delay").values(row).execute();
      };
      await count((await countersOf(tx, { id: named, name: "Ñamed" }))[0], FAILURES_MAX);
      await count((await countersOf(tx, { id: browser, name: "browser" }))[1], FAILURES_MAX);
      await count((await countersOf(tx, { id: failing, name: "failing" }))[0], FAILURES_MAX - 1);
    });
    const locked = await Promise.all([named, browser, failing].map(async (id) => (await listed(id))?.means?.locked));
    expect(locked).toEqual([true, true, false]);
  });

  test("keeps whoever was erased, as such and without means", async () => {
    const gone = await add("erased-1", "");
    expect(await listed(gone)).toMatchObject({ erased: true, name: "erased-1" });
    expect(await listed(gone)).not.toHaveProperty("means");
  });
});
