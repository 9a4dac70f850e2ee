#!/usr/bin/env node
/**
 * A second verifier for exports and proofs of a Tyr log. It shares no line with the package beside it: it was written from
 * RFC 6962 section 2.1 and the C2SP texts (signed-note, tlog-checkpoint, tlog-tiles, tlog-cosignature, tlog-policy,
 * tlog-proof), and uses only Node's crypto and fs. Where the package keeps a right edge, this one applies the
 * recursive definition of the tree to hashes it holds in memory (32 bytes per entry). Slow and obvious on purpose.
 */
// oxlint-disable eslint/max-lines -- one file, so that an auditor copies and reads one file
import { createHash, createPublicKey, verify as verifySignature } from "node:crypto";
import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";

type Finding = { readonly index?: number; readonly what: string };
type Key = { readonly name: string; readonly id: string; readonly type: number; readonly raw: Buffer };
type Line = { readonly name: string; readonly id: string; readonly signature: Buffer };
type Note = { readonly text: string; readonly lines: readonly Line[] };
type Checkpoint = {
  readonly origin: string;
  readonly size: number;
  readonly root: Buffer;
  readonly signers: ReadonlySet<Key>;
};
type Group = { readonly threshold: number; readonly members: readonly string[] };
type Trust = {
  readonly logs: Key[];
  readonly witnesses: Map<string, Key>;
  readonly groups: Map<string, Group>;
  quorum: string;
};
type Read = (path: string) => Buffer | undefined;

/** Whatever is wrong with one text or file; caught where it can be told as a finding. */
class Wrong extends Error {
  readonly index: number | undefined;
  constructor(message: string, index?: number) {
    super(message);
    this.index = index;
  }
}

const WIDTH = 256;
/** 256 entries of 65,535 bytes behind their lengths: no file of an export is larger. */
const FILE_BYTES_MAX = WIDTH * 65_537;
const ED25519 = 1;
const COSIGNATURE = 4;

const sha256 = (...parts: readonly Uint8Array[]): Buffer => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
};
const leafOf = (entry: Uint8Array): Buffer => sha256(Buffer.of(0), entry);
const nodeOf = (left: Uint8Array, right: Uint8Array): Buffer => sha256(Buffer.of(1), left, right);

/** MTH of RFC 6962 section 2.1, word by word: split at the largest power of two below n. */
function treeHash(hashes: readonly Buffer[]): Buffer {
  const [only = sha256()] = hashes;
  if (hashes.length < 2) return only;
  let split = 1;
  while (split * 2 < hashes.length) split *= 2;
  return nodeOf(treeHash(hashes.slice(0, split)), treeHash(hashes.slice(split)));
}

function decimal(text: string): number {
  const value = Number(text);
  if (!/^(0|[1-9]\d{0,15})$/.test(text) || !Number.isSafeInteger(value))
    throw new Wrong(`${JSON.stringify(text)} is no number`);
  return value;
}

/** Only the one spelling of RFC 4648 section 4: what does not come out again as it went in is refused. */
function base64(text: string): Buffer {
  const bytes = Buffer.from(text, "base64");
  if (bytes.toString("base64") !== text) throw new Wrong("this is not base64");
  return bytes;
}

function hashFrom(text: string): Buffer {
  const hash = base64(text);
  if (hash.length !== 32) throw new Wrong(`a hash has 32 bytes, not ${hash.length}`);
  return hash;
}

function textFrom(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Wrong("this is not UTF-8");
  }
}

/** `<name>+<8 hex digits>+<base64 of type and key>`; the id is the beginning of SHA-256(name, newline, type, key). */
function keyFrom(vkey: string): Key {
  const [name = "", id = "", ...rest] = vkey.split("+");
  const typed = base64(rest.join("+"));
  const [type = 0] = typed;
  if (name === "" || /\s/u.test(name) || typed.length !== 33 || (type !== ED25519 && type !== COSIGNATURE))
    throw new Wrong(`${JSON.stringify(vkey)} is no Ed25519 key of a log or a witness`);
  if (sha256(Buffer.from(`${name}\n`), typed).toString("hex", 0, 4) !== id)
    throw new Wrong(`the id of the key ${JSON.stringify(vkey)} is not that of its bytes`);
  return { name, id, type, raw: typed.subarray(1) };
}

/** A witness is named by its log key or its cosignature key; its lines carry the id of the latter. */
function witnessFrom(vkey: string): Key {
  const { name, raw } = keyFrom(vkey);
  const typed = Buffer.concat([Buffer.of(COSIGNATURE), raw]);
  return { name, id: sha256(Buffer.from(`${name}\n`), typed).toString("hex", 0, 4), type: COSIGNATURE, raw };
}

function noteFrom(whole: string): Note {
  // oxlint-disable-next-line no-control-regex -- a note holds no control character but the newline (C2SP signed-note)
  if (/[\u0000-\u0009\u000b-\u001f]/.test(whole)) throw new Wrong("control characters in a signed note");
  const at = whole.lastIndexOf("\n\n");
  if (at < 0 || !whole.endsWith("\n")) throw new Wrong("no block of signatures");
  const rows = whole.slice(at + 2, -1).split("\n");
  if (rows.length > 100) throw new Wrong("more than 100 signatures");
  const lines = rows.map((row) => {
    const [, name = "", text = ""] = /^— ([^\s+]+) (\S+)$/u.exec(row) ?? [];
    const bytes = base64(text);
    if (name === "" || bytes.length < 5) throw new Wrong("a line under the note is no signature");
    return { name, id: bytes.toString("hex", 0, 4), signature: bytes.subarray(4) };
  });
  return { text: whole.slice(0, at + 1), lines };
}

function fits(text: string, { signature }: Line, { type, raw }: Key): boolean {
  const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: raw.toString("base64url") }, format: "jwk" });
  if (type === ED25519) return verifySignature(null, Buffer.from(text), key, signature);
  // cosignature/v1: eight bytes of time stand before the signature, and are signed with the text.
  if (signature.length !== 72) return false;
  const signed = `cosignature/v1\ntime ${signature.readBigUInt64BE(0)}\n${text}`;
  return verifySignature(null, Buffer.from(signed), key, signature.subarray(8));
}

/** A checkpoint that a key of the log signed. A failing line of any known key spoils it. */
function checkpointFrom(whole: string, trust: Trust): Checkpoint {
  const { text, lines } = noteFrom(whole);
  const known = [...trust.logs, ...trust.witnesses.values()];
  const signers = new Set<Key>();
  for (const line of lines) {
    const key = known.find(({ name, id }) => name === line.name && id === line.id);
    if (key === undefined) continue;
    if (!fits(text, line, key)) throw new Wrong(`the signature of ${line.name} does not fit`);
    signers.add(key);
  }
  if (![...signers].some((key) => key.type === ED25519))
    throw new Wrong("no trusted key of a log signed the checkpoint");
  const [origin = "", size = "", root = "", ...more] = text.split("\n");
  if (origin === "" || more.pop() !== "" || more.includes("")) throw new Wrong("this is no checkpoint");
  return { origin, size: decimal(size), root: hashFrom(root), signers };
}

function isMet(trust: Trust, name: string, signers: ReadonlySet<Key>): boolean {
  const group = trust.groups.get(name);
  const witness = trust.witnesses.get(name);
  if (group === undefined) return witness !== undefined && signers.has(witness);
  return group.members.filter((member) => isMet(trust, member, signers)).length >= group.threshold;
}

function assertQuorum(trust: Trust, { signers }: Checkpoint): void {
  if (trust.quorum !== "none" && !isMet(trust, trust.quorum, signers))
    throw new Wrong(`the quorum ${trust.quorum} of witnesses did not cosign the checkpoint`);
}

/** `group <name> any|all|<n> <member>...`: members stand above it and belong to one group only. */
function groupFrom(trust: Trust, third: string, members: readonly string[]): Group {
  const taken = [...trust.groups.values()].flatMap((group) => group.members);
  const threshold = third === "any" ? 1 : third === "all" ? members.length : decimal(third);
  const isFree = members.every((member) => isDefined(trust, member) && !taken.includes(member));
  if (threshold < 1 || threshold > members.length || !isFree || new Set(members).size !== members.length)
    throw new Wrong("a group of the policy cannot be");
  return { threshold, members };
}

const isDefined = ({ witnesses, groups }: Trust, name: string): boolean => witnesses.has(name) || groups.has(name);

function isFree(trust: Trust, name: string): boolean {
  return !isDefined(trust, name) && !["any", "all", "none", ""].includes(name);
}

/** One statement of a C2SP tlog-policy. */
function readStatement(trust: Trust, words: readonly string[]): void {
  const [keyword, name = "", third = "", ...rest] = words;
  const isNew = isFree(trust, name);
  if (keyword === "log") trust.logs.push(keyFrom(name));
  else if (keyword === "witness" && isNew) trust.witnesses.set(name, witnessFrom(third));
  else if (keyword === "group" && isNew) trust.groups.set(name, groupFrom(trust, third, rest));
  else if (keyword === "quorum" && trust.quorum === "" && (name === "none" || !isNew)) trust.quorum = name;
  else throw new Wrong(`the policy cannot be read at: ${words.join(" ")}`);
}

function trustFrom(vkeys: readonly string[], policy?: string): Trust {
  const trust: Trust = { logs: vkeys.map(keyFrom), witnesses: new Map(), groups: new Map(), quorum: "" };
  for (const line of policy?.split("\n") ?? ["quorum none"]) {
    const words = line.split(/[ \t]+/).filter((word) => word !== "");
    if (words.length > 0 && words[0]?.startsWith("#") !== true) readStatement(trust, words);
  }
  if (trust.quorum !== "none" && !isDefined(trust, trust.quorum)) throw new Wrong("the policy has no usable quorum");
  if (trust.logs.length === 0) throw new Wrong("no key of a log was given");
  return trust;
}

/** `tile/<level>/<n>[.p/<width>]`, n in groups of three digits, all but the last behind an x (C2SP tlog-tiles). */
function pathOf(level: number | "entries", n: number, width: number): string {
  const digits = String(n);
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, "0").match(/\d{3}/g) ?? [];
  const index = groups.map((group, at) => (at === groups.length - 1 ? group : `x${group}`)).join("/");
  return `tile/${level}/${index}${width === WIDTH ? "" : `.p/${width}`}`;
}

function* widthsOf(count: number): Generator<readonly [n: number, width: number]> {
  for (let n = 0; n * WIDTH < count; n++) yield [n, Math.min(WIDTH, count - n * WIDTH)];
}

/** Entries behind lengths of two bytes, exactly so many and nothing after them. */
function entriesFrom(bundle: Buffer, width: number, first: number): Buffer[] {
  const entries: Buffer[] = [];
  let at = 0;
  while (entries.length < width) {
    const end = at + 2 <= bundle.length ? at + 2 + bundle.readUInt16BE(at) : Infinity;
    if (end > bundle.length) throw new Wrong("the bundle is damaged", first + entries.length);
    entries.push(bundle.subarray(at + 2, end));
    at = end;
  }
  if (at !== bundle.length) throw new Wrong("the bundle goes on behind its last entry");
  return entries;
}

/** Compares a stored tile with the hashes that follow from the entries. */
function checkTile(
  stored: Buffer | undefined,
  tile: { level: number; n: number; hashes: readonly Buffer[] },
): Finding[] {
  const { level, n, hashes } = tile;
  const path = pathOf(level, n, hashes.length);
  const index = n * WIDTH ** (level + 1);
  if (stored === undefined) return [{ index, what: `${path} is missing` }];
  if (stored.length !== hashes.length * 32) return [{ index, what: `${path} has not ${hashes.length} hashes` }];
  return hashes.flatMap((hash, at) =>
    hash.equals(stored.subarray(at * 32, at * 32 + 32))
      ? []
      : [{ index: index + at * WIDTH ** level, what: `what is in the entries is not what is in ${path}` }],
  );
}

/** Leaf hashes as a tile states them: all that is left of entries that the log pruned. */
function hashesLeft(read: Read, n: number): Buffer[] {
  const tile = read(pathOf(0, n, WIDTH));
  if (tile?.length !== WIDTH * 32) throw new Wrong("it is pruned, and its hash tile is missing or damaged");
  return Array.from({ length: WIDTH }, (_, at) => tile.subarray(at * 32, at * 32 + 32));
}

type Leaves = { readonly hashes: Buffer[]; readonly pruned: [first: number, last: number][] };
type Place = { readonly n: number; readonly width: number; readonly isPrunable: boolean };

/** Leaf hashes of one bundle; `isPruned` when they come from the tile because nothing else is left. */
function readBundle(read: Read, { n, width, isPrunable }: Place): { isPruned: boolean; hashes: Buffer[] } {
  const bundle = read(pathOf("entries", n, width));
  if (bundle !== undefined) return { isPruned: false, hashes: entriesFrom(bundle, width, n * WIDTH).map(leafOf) };
  if (!isPrunable) throw new Wrong("it is missing");
  return { isPruned: true, hashes: hashesLeft(read, n) };
}

function notePruned({ pruned }: Leaves, n: number): void {
  const [first, last] = [n * WIDTH, n * WIDTH + WIDTH - 1];
  const before = pruned.at(-1);
  if (before?.[1] === first - 1) before[1] = last;
  else pruned.push([first, last]);
}

/**
 * Leaf hashes of all entries. An unreadable bundle ends it: behind it nothing can be computed. A bundle may be missing
 * only where the log itself declared its entries pruned, and then its tile must be there.
 */
function readLeaves(read: Read, size: number, declared: { size: number; findings: Finding[] }): Leaves {
  const leaves: Leaves = { hashes: [], pruned: [] };
  for (const [n, width] of widthsOf(size)) {
    try {
      const { isPruned, hashes } = readBundle(read, { n, width, isPrunable: n * WIDTH + width <= declared.size });
      if (isPruned) notePruned(leaves, n);
      for (const hash of hashes) leaves.hashes.push(hash);
    } catch (error) {
      if (!(error instanceof Wrong)) throw error;
      declared.findings.push({
        index: error.index ?? n * WIDTH,
        what: `${pathOf("entries", n, width)}: ${error.message}`,
      });
      return leaves;
    }
  }
  return leaves;
}

type Declared = { readonly size: number; readonly root: Buffer };

/** The four lines of a statement about pruning. */
function declaredFrom(text: string, origin: string): Declared {
  const [header, of, size = "", root = "", ...rest] = text.split("\n");
  const said = { size: decimal(size), root: hashFrom(root) };
  if (header !== "tyr-ledger-pruned/1" || of !== `origin ${origin}` || rest.join("") !== "" || rest.length !== 1)
    throw new Wrong("the statement is not one about what this log pruned");
  if (said.size === 0 || said.size % WIDTH !== 0) throw new Wrong("what is pruned are not whole bundles");
  return said;
}

/**
 * What the log declared pruned: the file `pruned` names an entry, and `details.statement` of that entry is a note
 * which a key of the log signed. Nobody else can say it, and it cannot be about what comes behind it.
 */
function prunedFrom(read: Read, trust: Trust, { origin, size }: Checkpoint): Declared | undefined {
  const pointer = read("pruned");
  if (pointer === undefined) return undefined;
  const index = decimal(textFrom(pointer).replace(/\n$/, ""));
  if (index >= size) throw new Wrong("it names no entry of this log");
  const n = Math.floor(index / WIDTH);
  const width = Math.min(WIDTH, size - n * WIDTH);
  const bundle = read(pathOf("entries", n, width));
  if (bundle === undefined) throw new Wrong("the entry it names is missing");
  const entry = entriesFrom(bundle, width, n * WIDTH)[index % WIDTH] ?? Buffer.of();
  const details = Object((Object(JSON.parse(textFrom(entry))) as { details?: unknown }).details) as {
    statement?: unknown;
  };
  if (typeof details.statement !== "string") throw new Wrong("the entry it names states nothing");
  const { text, lines } = noteFrom(details.statement);
  const known = trust.logs.flatMap((key) =>
    lines.filter(({ name, id }) => name === key.name && id === key.id).map((line) => ({ key, line })),
  );
  const isSigned = known.length > 0 && known.every(({ key, line }) => key.type === ED25519 && fits(text, line, key));
  if (!isSigned) throw new Wrong("no trusted key of the log signed the statement, or it does not fit");
  const declared = declaredFrom(text, origin);
  if (declared.size > index) throw new Wrong("the statement is about entries behind itself");
  return declared;
}

/**
 * Every tile of every level, from the entries up: a full tile gives one hash to the level above. What differs below
 * differs above too, so the lowest level that differs is the last that is told.
 */
function checkTiles(read: Read, leaves: readonly Buffer[]): Finding[] {
  const findings: Finding[] = [];
  for (let level = 0, hashes = leaves; hashes.length > 0 && findings.length === 0; level++) {
    const above: Buffer[] = [];
    for (const [n, width] of widthsOf(hashes.length)) {
      const tile = hashes.slice(n * WIDTH, n * WIDTH + width);
      findings.push(...checkTile(read(pathOf(level, n, width)), { level, n, hashes: tile }));
      if (width === WIDTH) above.push(treeHash(tile));
    }
    hashes = above;
  }
  return findings;
}

function textsFrom(value: unknown): string[] {
  if (!Array.isArray(value) || !value.every((one) => typeof one === "string"))
    throw new Wrong("a list of texts is damaged");
  return value;
}

/** export.json and vkey are for people; they must only not contradict the checkpoint. @returns the checkpoints inside */
function manifestFrom(read: Read, { origin, size, signers }: Checkpoint): string[] {
  const [json, keys] = [read("export.json"), read("vkey")];
  if (json === undefined || keys === undefined) throw new Wrong("export.json or vkey is missing");
  const said = Object(JSON.parse(textFrom(json))) as Partial<Record<string, unknown>>;
  const vkeys = textsFrom(said["vkeys"]);
  const agrees = said["format"] === "tyr-ledger-export/1" && said["origin"] === origin && said["size"] === size;
  const isSigner = [...signers].some((key) => vkeys.some((vkey) => keyFrom(vkey).id === key.id));
  const isListed = vkeys.map((vkey) => `${vkey}\n`).join("") === textFrom(keys);
  if (!agrees || !isSigner || !isListed || typeof said["exportedAt"] !== "string")
    throw new Wrong("export.json, vkey and the checkpoint do not belong together");
  return textsFrom(said["earlier"]);
}

function checkEarlier(note: string, trust: Trust, now: Checkpoint & { leaves: readonly Buffer[] }): Finding[] {
  const { origin, size, root } = checkpointFrom(note, trust);
  if (origin !== now.origin) return [{ what: `the earlier checkpoint is of ${JSON.stringify(origin)}` }];
  if (size > now.size)
    return [{ index: now.size, what: `${size} entries were signed before; this log ends after ${now.size}` }];
  if (treeHash(now.leaves.slice(0, size)).equals(root)) return [];
  return [{ what: `the first ${size} entries are not those that were signed before` }];
}

/** Runs one check whose failure is a finding like any other. */
function tell<T>(findings: Finding[], what: string, check: () => T): T | undefined {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof Wrong) && !(error instanceof SyntaxError)) throw error;
    findings.push({ what: `${what}: ${error.message}` });
    return undefined;
  }
}

type Verdict = {
  readonly ok: boolean;
  readonly origin?: string;
  readonly size?: number;
  /** Entries, both ends included, that the log declared pruned and whose bodies are not here: their hashes are. */
  readonly pruned?: readonly (readonly [first: number, last: number])[];
  readonly findings: readonly Finding[];
};

/** Verifies an export. `earlier` are checkpoints somebody kept elsewhere. */
function verifyExport(read: Read, trust: Trust, earlier: readonly string[]): Verdict {
  const findings: Finding[] = [];
  const now = tell(findings, "checkpoint", () => {
    const checkpoint = checkpointFrom(textFrom(read("checkpoint") ?? Buffer.of()), trust);
    assertQuorum(trust, checkpoint);
    return checkpoint;
  });
  if (now === undefined) return { ok: false, findings };
  const kept = tell(findings, "export.json", () => manifestFrom(read, now)) ?? [];
  const declared = tell(findings, "pruned", () => prunedFrom(read, trust, now));
  const { hashes: leaves, pruned } = readLeaves(read, now.size, { size: declared?.size ?? 0, findings });
  if (leaves.length === now.size) {
    findings.push(...checkTiles(read, leaves));
    if (declared !== undefined && !treeHash(leaves.slice(0, declared.size)).equals(declared.root))
      findings.push({ index: 0, what: `the first ${declared.size} entries are not those that were declared pruned` });
    if (!treeHash(leaves).equals(now.root)) findings.push({ what: "the entries do not have the root that was signed" });
    for (const note of [...earlier, ...kept])
      findings.push(
        ...(tell(findings, "earlier checkpoint", () => checkEarlier(note, trust, { ...now, leaves })) ?? []),
      );
  }
  return { ok: findings.length === 0, origin: now.origin, size: now.size, pruned, findings };
}

/** RFC 9162 section 2.1.3.2: from the entry up to the signed root. */
function rootThrough(leaf: Buffer, path: readonly Buffer[], place: { index: number; size: number }): Buffer {
  let [at, last, hash] = [place.index, place.size - 1, leaf];
  if (at > last) throw new Wrong("the index is behind the end of the log");
  for (const sibling of path) {
    if (last === 0) throw new Wrong("the proof is too long");
    if (at % 2 === 1 || at === last) {
      hash = nodeOf(sibling, hash);
      while (at % 2 === 0 && at > 0) [at, last] = [at / 2, Math.floor(last / 2)];
    } else hash = nodeOf(hash, sibling);
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  if (last !== 0) throw new Wrong("the proof is too short");
  return hash;
}

/** Verifies a C2SP tlog-proof of one entry: the given one, or the one its `extra` line carries. */
function verifyProof(file: Buffer, trust: Trust, entry?: Buffer): Verdict & { entry?: string; index?: number } {
  const findings: Finding[] = [];
  const shown = tell(findings, "proof", () => {
    const text = textFrom(file);
    const end = text.indexOf("\n\n");
    const [header, ...lines] = text.slice(0, Math.max(0, end)).split("\n");
    if (header !== "c2sp.org/tlog-proof@v1") throw new Wrong("this is no proof");
    const extra = lines[0]?.startsWith("extra ") === true ? base64(lines.shift()?.slice(6) ?? "") : undefined;
    const index = decimal(/^index (\d+)$/.exec(lines.shift() ?? "")?.[1] ?? "");
    const checkpoint = checkpointFrom(text.slice(end + 2), trust);
    assertQuorum(trust, checkpoint);
    const bytes = entry ?? extra;
    if (bytes === undefined) throw new Wrong("it does not carry its entry: give --entry");
    const root = rootThrough(leafOf(bytes), lines.map(hashFrom), { index, size: checkpoint.size });
    if (!root.equals(checkpoint.root)) throw new Wrong(`this entry is not entry ${index} of the log`);
    return { origin: checkpoint.origin, size: checkpoint.size, index, entry: bytes.toString("utf8") };
  });
  return { ok: findings.length === 0, ...shown, findings };
}

/** No device, pipe or giant in the place of a file. */
function readPlain(path: string): Buffer | undefined {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  try {
    const about = fstatSync(file);
    return about.isFile() && about.size <= FILE_BYTES_MAX ? readFileSync(file) : undefined;
  } finally {
    closeSync(file);
  }
}

/** An archive of pruned entries gives the bundles that the export no longer has, and nothing else. */
function readerOf(directory: string, archives: readonly string[]): Read {
  const placesOf = (path: string): readonly string[] =>
    path.startsWith("tile/entries/") ? [directory, ...archives] : [directory];
  return (path) => {
    for (const place of placesOf(path)) {
      const bytes = readPlain(`${place}/${path}`);
      if (bytes !== undefined) return bytes;
    }
    return undefined;
  };
}

const USAGE = `node verify.ts EXPORT --key VKEY [--key VKEY] [--policy FILE] [--earlier CHECKPOINT-FILE]... [--archive DIR]...
node verify.ts --proof FILE --key VKEY [--policy FILE] [--entry FILE]
Ends with 0 (verified), 1 (not verified) or 2 (wrong call); prints one JSON document.`;

type Call = { readonly directory: string | undefined; readonly all: (name: string) => readonly string[] };

function callFrom(argv: readonly string[]): Call {
  const given: [name: string, value: string][] = [];
  for (let at = 0; at < argv.length; at++) {
    const [word = "", value] = argv.slice(at, at + 2);
    const isOption = ["--key", "--earlier", "--policy", "--proof", "--entry", "--archive"].includes(word);
    if (isOption ? value === undefined : word.startsWith("-")) throw new Wrong(USAGE);
    given.push(isOption ? [word, value ?? ""] : ["", word]);
    if (isOption) at += 1;
  }
  const all = (name: string): readonly string[] => given.filter(([one]) => one === name).map(([, value]) => value);
  if (all("").length + all("--proof").length !== 1) throw new Wrong(USAGE);
  return { directory: all("")[0], all };
}

function main(argv: readonly string[]): number {
  const { directory, all } = callFrom(argv);
  const [policy] = all("--policy").map((file) => readFileSync(file, "utf8"));
  const [entry] = all("--entry").map((file) => readFileSync(file));
  const earlier = all("--earlier").map((file) => readFileSync(file, "utf8"));
  const trust = trustFrom(all("--key"), policy);
  const proof = readPlain(all("--proof")[0] ?? "") ?? Buffer.of();
  const verdict =
    directory === undefined
      ? verifyProof(proof, trust, entry)
      : verifyExport(readerOf(directory, all("--archive")), trust, earlier);
  process.stdout.write(`${JSON.stringify(verdict, null, 2)}\n`);
  return verdict.ok ? 0 : 1;
}

if (import.meta.main) {
  try {
    process.exitCode = main(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 2;
  }
}
