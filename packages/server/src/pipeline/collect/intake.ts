import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { ok, refuse, type IntakeReceipt, type LogFormat, type Refused, type Result } from "@tyr/contract";
import type { Clock } from "#platform/clock";
import { originInHand, type Database } from "#platform/database";
import type { IntakeQueue } from "./intake-queue.ts";
import { findReceipt, forgetReceipts } from "./intake-store.ts";
import { unreadRecording } from "./normalise/index.ts";
import type { Sensor } from "./sensor-store.ts";
import type { By } from "./sensors.ts";
import { splitBody } from "./split-body.ts";

/** Bytes from one sender, to be stored as events of one sensor. */
export type IntakeRequest = Readonly<{
  sensor: Sensor;
  by: By;
  body: Uint8Array;
  /** `gzip`, in any case, or undefined; anything else is refused. */
  encoding?: string | undefined;
  /** Media type; decides between one JSON value and lines. Undefined: looked at. */
  contentType?: string | undefined;
  idempotencyKey?: string | undefined;
  format?: LogFormat | undefined;
  year?: number | undefined;
  /** Where the lines come from and the number of the first: events get `ref:line`. */
  ref?: string | undefined;
  firstLine?: number | undefined;
}>;

/** Resolves when everything in the request is on disk, or refuses and took nothing. */
export type Intake = (request: IntakeRequest) => Promise<Result<IntakeReceipt>>;

const BODY_BYTES_MAX = 8 * 1024 * 1024;
/** A few kilobytes of gzip can hold gigabytes. */
const INFLATED_BYTES_MAX = 16 * 1024 * 1024;
/** Bodies inflated at the same time: each may take `INFLATED_BYTES_MAX` before it can be counted. */
const INFLATING_MAX = 2;
const KEY_CHARS_MAX = 200;
const RETRY_AFTER_SECONDS = 1;
const RECEIPT_DAYS = 7;
const FORGET_EVERY_MS = 3_600_000;

const inflate = promisify(gunzip);

type Body = Readonly<{ bytes: Uint8Array; digest: string }>;
type Deps = Readonly<{ database: Database; clock: Clock; queue: IntakeQueue; intakeBytesMax: number }>;

/** Lets so many in at once; the rest wait in line. */
class Turnstile {
  readonly #waiting: (() => void)[] = [];
  #free: number;
  constructor(places: number) {
    this.#free = places;
  }
  async pass<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free === 0) await new Promise<void>((resolve) => void this.#waiting.push(resolve));
    else this.#free -= 1;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }
}

function tooLarge(what: string, limit: number): Refused {
  return refuse("BODY_TOO_LARGE", `${what} is limited to ${limit} bytes`, { limit });
}

/** RFC 1952 section 2.3.1. */
function isGzip(body: Uint8Array): boolean {
  return body[0] === 0x1f && body[1] === 0x8b;
}

function gzipRefusal(body: Uint8Array, code: unknown): Refused {
  if (code === "ERR_BUFFER_TOO_LARGE") return tooLarge("the inflated body", INFLATED_BYTES_MAX);
  if (code === "Z_BUF_ERROR") return refuse("VALIDATION_FAILED", "the gzip body ends before it is whole");
  if (isGzip(body)) return refuse("VALIDATION_FAILED", "the gzip body is damaged");
  return refuse("VALIDATION_FAILED", "the body is not gzip, although content-encoding says so");
}

/** Names of encodings are case-insensitive (RFC 9110 section 8.4.1). */
async function inflated({ encoding: named = "", body }: IntakeRequest): Promise<Result<Uint8Array>> {
  const encoding = named.trim().toLowerCase();
  if (encoding === "" || encoding === "identity") return ok(body);
  if (encoding !== "gzip" && encoding !== "x-gzip")
    return refuse("MEDIA_TYPE_UNSUPPORTED", `content-encoding "${named.slice(0, 40)}" is not understood`);
  try {
    return ok(await inflate(body, { maxOutputLength: INFLATED_BYTES_MAX }));
  } catch (error) {
    return gzipRefusal(body, error instanceof Error && "code" in error ? error.code : undefined);
  }
}

/** The content an idempotency key stands for: the bytes and how they were to be read. */
function digestOf(body: Uint8Array, { format, year, ref, firstLine, contentType }: IntakeRequest): string {
  const reading = JSON.stringify([format ?? "auto", year ?? null, ref ?? null, firstLine ?? 1, saysLines(contentType)]);
  return createHash("sha256").update(reading).update(body).digest("hex");
}

function saysLines(contentType: string | undefined): boolean {
  const type = (contentType ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
  return (
    type === "text/plain" || type.endsWith("ndjson") || type.endsWith("jsonl") || type === "application/json-lines"
  );
}

function checkShape({ body, idempotencyKey }: IntakeRequest): Refused | undefined {
  if (body.length > BODY_BYTES_MAX) return tooLarge("the body", BODY_BYTES_MAX);
  const key = idempotencyKey ?? "x";
  if (/^[\x21-\x7e]{1,200}$/.test(key)) return undefined;
  return refuse("VALIDATION_FAILED", `Idempotency-Key takes 1 to ${KEY_CHARS_MAX} visible ASCII characters`);
}

/** One piece of work after the other per name. */
class Turns {
  readonly #last = new Map<string, Promise<unknown>>();
  async take<T>(name: string, work: () => Promise<T>): Promise<T> {
    const mine = (this.#last.get(name) ?? Promise.resolve()).then(work);
    const settled = mine.catch(() => undefined);
    this.#last.set(name, settled);
    try {
      return await mine;
    } finally {
      if (this.#last.get(name) === settled) this.#last.delete(name);
    }
  }
}

/** The answers given to idempotency keys, and forgetting them. */
class Receipts {
  readonly #deps: Pick<Deps, "database" | "clock">;
  #forgottenAtMs = 0;
  constructor(deps: Pick<Deps, "database" | "clock">) {
    this.#deps = deps;
  }
  async find(sensor: Sensor, key: string) {
    const { database, clock } = this.#deps;
    const nowMs = clock.now().getTime();
    if (nowMs - this.#forgottenAtMs >= FORGET_EVERY_MS) {
      this.#forgottenAtMs = nowMs;
      const before = new Date(nowMs - RECEIPT_DAYS * 24 * 3_600_000);
      await database.bookkeep("idempotency", async (tx) => await forgetReceipts(tx, before));
    }
    return await findReceipt(database.read, sensor.id, key);
  }
}

async function store(queue: IntakeQueue, request: IntakeRequest, body: Body): Promise<Result<IntakeReceipt>> {
  const { sensor, by, idempotencyKey: key, ref, firstLine = 1, format = "auto", year } = request;
  const lines = saysLines(request.contentType) || format === "sshd" || format === "access";
  const tally = await queue.add({
    reading: {
      sensor,
      actor: by.actor,
      client: originInHand().client,
      options: { format, year },
      identity: key,
      ref,
      firstLine,
    },
    items: splitBody(body.bytes, lines),
    receipt: key === undefined ? undefined : { key, digest: body.digest },
    bookmark: undefined,
  });
  return ok({ ...tally, replayed: false });
}

export function createIntake({ database, clock, queue, intakeBytesMax }: Deps): Intake {
  const turnstile = new Turnstile(INFLATING_MAX);
  const turns = new Turns();
  const receipts = new Receipts({ database, clock });

  const overloaded = (bytes: number): Refused | undefined => {
    if (queue.queuedBytes + bytes <= intakeBytesMax) return undefined;
    const facts = { retryAfterSeconds: RETRY_AFTER_SECONDS, queuedBytes: queue.queuedBytes, limit: intakeBytesMax };
    return refuse("INTAKE_OVERLOADED", "too many bytes wait to be stored; nothing of this request was taken", facts);
  };

  const storeOnce = async (request: IntakeRequest, bytes: Uint8Array): Promise<Result<IntakeReceipt>> => {
    const { sensor, idempotencyKey: key } = request;
    const unread = unreadRecording(bytes);
    if (unread !== undefined) return refuse("VALIDATION_FAILED", unread);
    if (key === undefined) return await store(queue, request, { bytes, digest: "" });
    const digest = digestOf(bytes, request);
    // A second request with the same key waits for the first, and then finds its receipt.
    return await turns.take(`${sensor.id} ${key}`, async () => {
      const known = await receipts.find(sensor, key);
      if (known === undefined) return await store(queue, request, { bytes, digest });
      if (known.digest === digest) return ok({ ...known.receipt, replayed: true });
      return refuse("IDEMPOTENCY_KEY_REUSED", "this key was used with other content, or to read it differently");
    });
  };

  const unpackAndStore = async (request: IntakeRequest): Promise<Result<IntakeReceipt>> => {
    const sent = request.body.length;
    const body = await turnstile.pass(async () => await inflated(request));
    if (!body.ok) return body;
    const refused = overloaded(body.value.length - sent);
    if (refused !== undefined) return refused;
    const release = queue.reserve(Math.max(0, body.value.length - sent));
    try {
      return await storeOnce(request, body.value);
    } finally {
      release();
    }
  };

  return async (request) => {
    const refused = checkShape(request) ?? overloaded(request.body.length);
    if (refused !== undefined) return refused;
    const release = queue.reserve(request.body.length);
    try {
      const isPlain = request.encoding === undefined;
      return isPlain ? await storeOnce(request, request.body) : await unpackAndStore(request);
    } finally {
      release();
    }
  };
}
