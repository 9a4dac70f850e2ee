import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildExport, verifyExport, verifyTlogProof, parseVerifierKey } from "@tyr/ledger";
import { ok } from "@tyr/contract";
import { sql } from "kysely";
import { describe, expect, onTestFinished, test } from "vitest";
import { createAudit, createPersonalValues, createPrivacy } from "#audit";
import { eraseFromIncidents } from "#escalate";
import { eraseFromActions } from "#govern";
import { accountEraser } from "#identity";
import { fixedClock } from "#platform/clock";
import { openDatabase, type Database, type Fact, type WriteTransaction } from "#platform/database";
import { silentLogger } from "#platform/log";
import { createSecrets, openKeyRotation } from "#platform/secrets";
import { createPostgresDatabase, embeddedDirectory, TEST_ENGINES, type EngineName } from "#platform/testing";

const NAME = "canary-ada";
const ADDRESS = "203.0.113.99";
const ID = "usr_01890000-0000-7000-8000-0000000000aa";
const OTHER = "usr_01890000-0000-7000-8000-0000000000bb";
const ada = { kind: "person", id: ID, name: NAME } as const;
const officer = { kind: "person", id: OTHER, name: "odin" } as const;
const order = { actor: officer, requestId: "r", subject: ID, reason: "request 2026-12" } as const;

async function dump(db: Database): Promise<string> {
  return await db.bookkeep("counters", async (tx) => {
    const { rows: tables } = await sql<{ name: string }>`
      select tablename as name from pg_tables where schemaname = 'public'`.execute(tx);
    const texts: string[] = [];
    for (const { name } of tables) {
      const { rows } = await sql<{ row: string }>`select t::text as row from ${sql.table(name)} t`.execute(tx);
      texts.push(...rows.map((one) => one.row));
    }
    return texts.join("\n");
  });
}

/** What somebody leaves behind in a day: an account, a session, and her name wherever actors are kept. */
async function plant(tx: WriteTransaction): Promise<void> {
  const actor = JSON.stringify(ada);
  await sql`insert into subject (id, name, name_key, password, roles, active, created_at)
    values (${ID}, ${NAME}, ${NAME}, 'x', '["viewer"]', false, now())`.execute(tx);
  await sql`insert into session (id, token_hash, subject_id, created_at, last_seen_at, expires_at, user_agent, address, proved_at)
    values ('ssn_1', 'h', ${ID}, now(), now(), now(), ${`${NAME}'s browser`}, ${ADDRESS}, now())`.execute(tx);
  await sql`insert into federated_identity (issuer, subject, subject_id, linked_at)
    values ('https://login.example.org', ${`${NAME}@example.org`}, ${ID}, now())`.execute(tx);
  await sql`insert into totp (subject_id, created_at, last_step) values (${ID}, now(), 0)`.execute(tx);
  await sql`insert into mode_change (mode, reason, actor, at) values ('elevated', 'scans', ${actor}::jsonb, now())`.execute(
    tx,
  );
  await sql`insert into allow_entry (id, value, network, reason, actor, created_at)
    values ('alw_1', '198.51.100.1', '198.51.100.1', 'ours', ${actor}::jsonb, now())`.execute(tx);
  await sql`insert into incident (id, position, key, title, state, severity, category, priority, escalated, risk,
      contributions, techniques, tactics, sensors, detection_count, first_event_at, last_event_at, opened_at, updated_at, assignee)
    values ('inc_1', 1, 'k', 't', 'new', 'low', 'c', 1, false, 1, '[]', '{}', '{}', '{}', 1, now(), now(), now(), now(), ${actor}::jsonb)`.execute(
    tx,
  );
  await sql`insert into incident_entry (id, incident_id, at, kind, actor, text)
    values ('nte_1', 'inc_1', now(), 'note', ${actor}::jsonb, 'seen')`.execute(tx);
}

const totpOfAda = { table: "totp", column: "secret", record: ID };

const facts: readonly Fact[] = [
  {
    type: "session.created",
    actor: ada,
    object: { kind: "session", id: "ssn_1" },
    details: { factor: "password", address: ADDRESS },
  },
  { type: "incident.noted", actor: ada, object: { kind: "incident", id: "inc_1" }, details: { characters: 4 } },
  {
    type: "session.created",
    actor: officer,
    object: { kind: "session", id: "ssn_2" },
    details: { factor: "password" },
  },
];

async function openWorld(engine: EngineName) {
  const server = engine === "postgres" ? await createPostgresDatabase() : undefined;
  onTestFinished(async () => await server?.drop());
  const folder = mkdtempSync(join(tmpdir(), "tyr-privacy-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const clock = fixedClock("2026-11-02T08:00:00.000Z");
  const secrets = createSecrets({ keyringPath: join(folder, "secrets.keys"), clock });
  const personal = createPersonalValues({ secrets, clock });
  const dataDir = server === undefined ? await embeddedDirectory() : folder;
  const db = await openDatabase({ url: server?.url, dataDir, clock, encode: personal });
  onTestFinished(async () => await db[Symbol.asyncDispose]());
  await openKeyRotation({ database: db, secrets, log: silentLogger });
  const audit = await createAudit({ database: db, clock, log: silentLogger, dataDir: folder });
  const erasers = [
    accountEraser(secrets),
    async (tx: WriteTransaction, id: string) => ok(await eraseFromIncidents(tx, id)),
    async (tx: WriteTransaction, id: string) => ok(await eraseFromActions(tx, id)),
  ];
  const privacy = createPrivacy({ database: db, secrets, clock, erasers });
  await db.audited(
    () => facts,
    async (tx) => {
      await plant(tx);
      await secrets.seal(tx, totpOfAda, Buffer.from("seed"));
    },
  );
  await audit.settle();
  return { db, audit, personal, privacy, secrets };
}

type World = Awaited<ReturnType<typeof openWorld>>;

async function exported({ audit, db }: World): Promise<ReadonlyMap<string, Uint8Array>> {
  const { origin, vkey, checkpoint, size } = await audit.head();
  const leaves = await db.read
    .selectFrom("audit_leaf")
    .select("bytes")
    .where("index", "<", size)
    .orderBy("index")
    .execute();
  const files = new Map<string, Uint8Array>();
  const entries = leaves.map((leaf) => leaf.bytes);
  for await (const { path, bytes } of buildExport({
    origin,
    vkeys: [vkey],
    checkpoint,
    entries,
    exportedAt: "2026-11-02T00:00:00.000Z",
  }))
    files.set(path, bytes);
  return files;
}

describe.each(TEST_ENGINES)("erasing somebody on %s", (engine) => {
  test("leaves nothing of them in a dump or an export, and every earlier proof and checkpoint still verifies", async () => {
    const world = await openWorld(engine);
    const { db, audit, personal, privacy, secrets } = world;
    expect(await dump(db)).toContain(NAME);
    const { checkpoint: earlier, vkey } = await audit.head();
    const { items: before = [] } = (await audit.list({})) ?? {};
    const proofs = await Promise.all(before.map(async ({ id }) => ({ id, proof: await audit.prove(id) })));

    // What is shown before it is confirmed is what will be done, and showing it does nothing.
    expect(await privacy.preview(ID)).toEqual(ok({ subject: ID, values: 3, rows: 5, changed: true }));
    expect(await dump(db)).toContain(NAME);
    const done = await privacy.erase(order);
    expect(done).toEqual(ok({ subject: ID, values: 3, rows: 5, changed: true }));
    await audit.settle();

    const text = await dump(db);
    const files = await exported(world);
    const bytes = Buffer.concat([...files.values()]);
    for (const canary of [NAME, ADDRESS, Buffer.from(NAME).toString("hex"), Buffer.from(ADDRESS).toString("hex")]) {
      expect(text).not.toContain(canary);
      expect(bytes.includes(canary)).toBe(false);
    }
    expect(await secrets.open(db.read, totpOfAda)).toBeUndefined();
    expect(text).not.toMatch(new RegExp(`personal_subject.*${ID}`));
    const report = await verifyExport({
      read: async (path) => files.get(path),
      trustedKeys: [vkey],
      earlier: [earlier],
    });
    expect(report).toMatchObject({ ok: true, problems: [], earlierConfirmed: 1 });
    expect((await audit.verify({ actor: officer, requestId: "r" })).ok).toBe(true);
    const key = parseVerifierKey(vkey);
    if (!key.ok) throw new Error("no key");
    for (const { id, proof } of proofs) {
      const leaf = await db.read
        .selectFrom("audit_leaf")
        .select("bytes")
        .where("id", "=", id)
        .executeTakeFirstOrThrow();
      const verified = await verifyTlogProof(proof.ok ? proof.value : "", leaf.bytes, { keys: [key.value] });
      expect(verified.ok).toBe(true);
    }
    expect(proofs.length).toBeGreaterThan(3);

    const { items = [] } = (await audit.list({})) ?? {};
    const shown = await personal.reveal(db.read, items);
    expect(shown.find((one) => one.type === "subject.erased")).toMatchObject({
      actor: officer,
      object: { kind: "subject", id: ID },
      details: { reason: order.reason, values: 3, rows: 5 },
    });
    expect(shown.filter((one) => one.actor.id === ID).map((one) => one.actor.name)).toEqual(["(erased)", "(erased)"]);
    expect(shown.find((one) => one.object.id === "ssn_2")).toMatchObject({ actor: officer });
  });

  test("again changes nothing and logs nothing", async () => {
    const { db, privacy } = await openWorld(engine);
    await privacy.erase(order);
    const waiting = await db.read.selectFrom("audit_intake").select("id").execute();
    expect(await privacy.erase(order)).toEqual(ok({ subject: ID, values: 0, rows: 0, changed: false }));
    expect(await db.read.selectFrom("audit_intake").select("id").execute()).toEqual(waiting);
  });

  test("waits for the end of a legal hold, and all of that is logged", async () => {
    const { db, audit, privacy } = await openWorld(engine);
    const hold = await privacy.hold({ ...order, reason: "case 7" });
    expect(await privacy.hold({ ...order, reason: "case 8" })).toEqual(hold);
    expect(await privacy.erase(order)).toMatchObject({
      ok: false,
      refusal: { code: "LEGAL_HOLD", facts: { hold: hold.id } },
    });
    expect(await dump(db)).toContain(NAME);
    expect(await privacy.holds()).toEqual([hold]);
    const end = { actor: officer, requestId: "r", reason: "closed", id: hold.id };
    expect(await privacy.release(end)).toEqual(ok(hold));
    expect(await privacy.release(end)).toMatchObject({ ok: false, refusal: { code: "NOT_FOUND" } });
    expect(await privacy.erase(order)).toMatchObject({ ok: true, value: { changed: true } });
    await audit.settle();
    const { items = [] } = (await audit.list({ object: ID })) ?? {};
    expect(items.map((one) => one.type)).toEqual(["subject.erased", "hold.lifted", "hold.placed"]);
    expect(await dump(db)).not.toContain('case 7"');
  });

  test("who may still sign in is refused, and nothing of them is touched", async () => {
    const { db, audit, personal, privacy } = await openWorld(engine);
    await db.bookkeep("counters", async (tx) => await sql`update subject set active = true`.execute(tx));
    expect(await privacy.preview(ID)).toMatchObject({ ok: false, refusal: { code: "SUBJECT_ACTIVE" } });
    expect(await privacy.erase(order)).toMatchObject({ ok: false, refusal: { code: "SUBJECT_ACTIVE" } });
    const { items = [] } = (await audit.list({ actor: ID })) ?? {};
    const names = (await personal.reveal(db.read, items)).map((one) => one.actor.name);
    expect(names).toEqual([NAME, NAME]);
  });

  test("of an address nobody is known by takes its values, and the log does not name it", async () => {
    const { db, audit, privacy } = await openWorld(engine);
    const stranger = "198.51.100.77";
    const anonymous = { kind: "anonymous", id: "anonymous", name: "anonymous" } as const;
    await db.audited(
      {
        type: "session.refused",
        actor: anonymous,
        object: { kind: "subject", id: "unknown" },
        details: { reason: "unknown name", failures: 1, address: stranger },
      },
      async () => undefined,
    );
    const done = await privacy.erase({ ...order, subject: `value:${stranger}` });
    expect(done).toMatchObject({ ok: true, value: { values: 1, changed: true } });
    await audit.settle();
    expect(await dump(db)).not.toContain(stranger);
    const { items = [] } = (await audit.list({ type: "subject.erased" })) ?? {};
    expect(items[0]?.object).toEqual({ kind: "subject", id: "value" });
  });
});
