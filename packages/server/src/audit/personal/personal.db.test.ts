import { checkDisclosure } from "@tyr/ledger";
import { sql } from "kysely";
import { describe, expect, test } from "vitest";
import type { Database } from "#platform/database";
import { TEST_ENGINES } from "#platform/testing";
import { readLeaves } from "../store.ts";
import { personalWorld } from "./testing/personal-world.ts";

const NAME = "CANARY-ada";
const ADDRESS = "203.0.113.99";
const ada = { kind: "person", id: "usr_ada", name: NAME } as const;

async function signIn(
  db: Database,
  actor: Readonly<{ kind: "person"; id: string; name: string }> = ada,
): Promise<void> {
  await db.audited(
    {
      type: "session.created",
      actor,
      object: { kind: "session", id: "ssn_1" },
      details: { factor: "password", address: ADDRESS },
    },
    async () => undefined,
  );
}

describe.each(TEST_ENGINES)("personal values of the log on %s", (engine) => {
  test("stand in no dump and no export in clear, and are opened for whoever may read them", async () => {
    const { db, audit, personal, dump, exported } = await personalWorld(engine);
    await signIn(db);
    const files = await exported();
    const text = await dump();
    expect(text).toContain("usr_ada");
    const bytes = Buffer.concat([...files.values()]);
    for (const canary of [NAME, ADDRESS]) {
      expect(text).not.toContain(canary);
      expect(text).not.toContain(Buffer.from(canary).toString("hex"));
      expect(bytes.includes(canary)).toBe(false);
    }
    const { items = [] } = (await audit.list({ type: "session.created" })) ?? {};
    expect(items).toMatchObject([{ actor: { id: "usr_ada", name: "(withheld)" }, details: { address: "(withheld)" } }]);
    expect(await personal.reveal(db.read, items)).toMatchObject([
      {
        actor: ada,
        details: { factor: "password", address: ADDRESS },
        personal: [{ state: "opened" }, { state: "opened" }],
      },
    ]);
  });

  test("are disclosed with salts that anybody checks against the entry", async () => {
    const { db, audit, personal } = await personalWorld(engine);
    await signIn(db);
    await audit.settle();
    const leaf = (await readLeaves(db.read, 0, 10)).find((one) => one.type === "session.created");
    const disclosed = await personal.disclose(db.read, [leaf?.id ?? ""]);
    expect(new Map(disclosed.map((one) => [one.field, one.value]))).toEqual(
      new Map([
        ["actor.name", NAME],
        ["details.address", ADDRESS],
      ]),
    );
    for (const one of disclosed) {
      expect(checkDisclosure(leaf?.bytes ?? new Uint8Array(), one)).toMatchObject({ ok: true });
      expect(checkDisclosure(leaf?.bytes ?? new Uint8Array(), { ...one, value: "somebody else" }).ok).toBe(false);
    }
  });

  test("that somebody exchanges beside the log are not shown as what was logged", async () => {
    const { db, audit, personal } = await personalWorld(engine);
    await signIn(db);
    await signIn(db, { ...ada, name: "mallory" });
    await db.bookkeep("counters", async (tx) => {
      const [first, second] = await tx
        .selectFrom("personal_value")
        .selectAll()
        .where("field", "=", "actor.name")
        .execute();
      await sql`update personal_value set box = ${second?.box} where entry_id = ${first?.entry_id} and field = 'actor.name'`.execute(
        tx,
      );
    });
    const { items = [] } = (await audit.list({})) ?? {};
    const names = (await personal.reveal(db.read, items)).map((one) => one.actor.name);
    expect(names.filter((name) => name === "(altered)")).toHaveLength(1);
    expect(names).toHaveLength(items.length);
  });

  test("of ten entries at once for new people all get a key, and a refused change leaves none behind", async () => {
    const { db, audit, personal } = await personalWorld(engine);
    const people = Array.from(
      { length: 10 },
      (_, at) => ({ kind: "person", id: `usr_${at % 3}`, name: `p${at % 3}` }) as const,
    );
    await Promise.all(people.map(async (one) => await signIn(db, one)));
    await expect(
      db.audited(
        { type: "session.ended", actor: { ...ada, id: "usr_x" }, object: { kind: "session", id: "s" } },
        async () => {
          throw new Error("half way");
        },
      ),
    ).rejects.toThrow("half way");
    await db.audited(
      { type: "session.ended", actor: { ...ada, id: "usr_x" }, object: { kind: "session", id: "s" } },
      async () => ({ ok: false }),
    );
    const { items = [] } = (await audit.list({ type: "session.created" })) ?? {};
    const names = (await personal.reveal(db.read, items)).map((one) => one.actor.name);
    expect(names.toSorted()).toEqual(people.map((one) => one.name).toSorted());
    const known = await db.read.selectFrom("personal_subject").select("subject").orderBy("subject").execute();
    expect(known.map((one) => one.subject)).toEqual(["usr_0", "usr_1", "usr_2"]);
  });
});
