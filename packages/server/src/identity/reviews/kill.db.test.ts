import { spawn } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { createIdentity, createReviews } from "#identity";
import { systemClock } from "#platform/clock";
import { openDatabase, type AuditRecord, type Database } from "#platform/database";
import { createPostgresDatabase, embeddedDirectory, TEST_ENGINES, type EngineName } from "#platform/testing";
import { createEndAccess } from "../end-access.ts";
import { listSubjects } from "../store.ts";
import { testDeps } from "../testing/test-vault.ts";

const SCRIPT = fileURLToPath(new URL("./testing/closing-process.ts", import.meta.url));
const PASSWORD = "the kettle sang at noon";
const NAMES = ["kim", "lee", "pat"];

async function placeOn(engine: EngineName): Promise<{ dataDir: string; url: string | undefined }> {
  if (engine === "pglite") return { dataDir: await embeddedDirectory(), url: undefined };
  const { url, drop } = await createPostgresDatabase();
  onTestFinished(async () => await drop());
  return { dataDir: tmpdir(), url };
}

type Place = Awaited<ReturnType<typeof placeOn>>;
const open = async ({ dataDir, url }: Place): Promise<Database> =>
  await openDatabase({
    dataDir,
    url,
    clock: systemClock,
    encode: (record) => new TextEncoder().encode(JSON.stringify(record)),
  });

/** Three people of whom a reviewer decided that all go. */
async function prepare(place: Place): Promise<{ id: string; ada: string }> {
  await using database = await open(place);
  const identity = await createIdentity(await testDeps(database, systemClock));
  const reviews = createReviews({ database, clock: systemClock, endAccess: identity.endAccess });
  const origin = { address: "192.0.2.7", userAgent: null, requestId: "r" };
  const body = { token: identity.setUp.token ?? "", name: "ada", password: PASSWORD };
  const done = await identity.setUp.complete(body, origin);
  if (!done.ok) throw new Error(done.refusal.detail);
  const ada = done.value.session.user.id;
  const by = { actor: { kind: "person" as const, id: ada, name: "ada" }, requestId: "r" };
  for (const name of NAMES) await identity.createUser({ name, password: PASSWORD, roles: ["viewer"] }, by);
  const dueAt = new Date(Date.now() + 86_400_000).toISOString();
  const wish = { name: "Q4", scope: "role", role: "viewer", reviewers: [ada], dueAt, undecided: "leave" } as const;
  const begun = await reviews.begin({ ...wish, reviewers: [ada] }, by);
  const found = begun.ok ? await reviews.get(begun.value.id, ada) : begun;
  if (!found.ok) throw new Error(found.refusal.detail);
  const items = found.value.items.map(({ id, digest }) => ({ id, digest }));
  const { id } = found.value.review;
  await reviews.decide({ id, body: { items, decision: "revoke", reason: "gone" } }, by);
  return { id, ada };
}

async function killInTheMiddle(
  { dataDir, url }: Place,
  { id, ada }: Awaited<ReturnType<typeof prepare>>,
): Promise<void> {
  const child = spawn(process.execPath, ["--conditions=@tyr/source", SCRIPT, dataDir, url ?? "embedded", id, ada], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "close");
  const [said] = (await Promise.race([once(child.stdout, "data"), ended])) as [Buffer | number | null];
  expect(String(said)).toBe("in the middle\n");
  child.kill("SIGKILL");
  await ended;
}

test.each(TEST_ENGINES)(
  "a closing that is killed in the middle took nothing from anybody, and the next one takes all of it once: %s",
  async (engine) => {
    const place = await placeOn(engine);
    const campaign = await prepare(place);
    await killInTheMiddle(place, campaign);
    await using database = await open(place);
    const reviews = createReviews({ database, clock: systemClock, endAccess: createEndAccess([]) });
    const active = async () =>
      (await listSubjects(database.read)).filter((user) => user.active).map(({ name }) => name);
    expect(await active()).toEqual(["ada", ...NAMES]);
    expect((await reviews.list())[0]).toMatchObject({ state: "open", progress: { decided: 3 } });
    const by = { actor: { kind: "person" as const, id: campaign.ada, name: "ada" }, requestId: "r-again" };
    expect(await reviews.close(campaign.id, by)).toMatchObject({ ok: true });
    expect(await active()).toEqual(["ada"]);
    const rows = await database.read.selectFrom("audit_intake").select("bytes").execute();
    const entries = rows.map(({ bytes }) => JSON.parse(Buffer.from(bytes).toString()) as AuditRecord);
    const mine = entries.filter(({ type }) => type === "user.changed" || type === "review.closed");
    expect(mine.map(({ type, requestId }) => `${type} ${requestId}`).toSorted()).toEqual([
      "review.closed r-again",
      ...NAMES.map(() => "user.changed r-again"),
    ]);
  },
);
