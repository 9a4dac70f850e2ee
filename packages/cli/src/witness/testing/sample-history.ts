import {
  append,
  emptyFrontier,
  generateSigningKey,
  type KeySigner,
  leafHash,
  makeCheckpoint,
  nodeHash,
  openSigningKey,
  proveConsistency,
} from "@tyr/ledger";

export type SampleHistory = Readonly<{
  origin: string;
  vkey: string;
  /** The signed checkpoint over the first entries. */
  signed: (size: number, branch?: string) => Promise<string>;
  /** Body of an `add-checkpoint`. Entries from `forkedAt` on differ from branch to branch. */
  request: (oldSize: number, size: number, branch?: string) => Promise<Buffer>;
}>;

export type HistoryOptions = Readonly<{ origin: string; length: number; forkedAt?: number; signer?: KeySigner }>;

export async function aSigner(origin: string): Promise<KeySigner> {
  const opened = await openSigningKey((await generateSigningKey(origin)).skey);
  if (!opened.ok) throw new Error(opened.refusal.message);
  return opened.value;
}

/** All hashes of all perfect subtrees, the slow way. */
function subtrees(leaves: readonly Uint8Array[]): Uint8Array[][] {
  const levels: Uint8Array[][] = [[...leaves]];
  for (let below = levels[0] ?? []; below.length > 1; below = levels.at(-1) ?? []) {
    const pairs = Array.from({ length: Math.floor(below.length / 2) }, (_, at) => below.slice(at * 2, at * 2 + 2));
    levels.push(pairs.flatMap(([left, right]) => (left && right ? [nodeHash(left, right)] : [])));
  }
  return levels;
}

/** For tests: a log with one key and, from `forkedAt` on, as many histories as are asked for. */
export async function sampleHistory(options: HistoryOptions): Promise<SampleHistory> {
  const { origin, length, forkedAt = length, signer = await aSigner(options.origin) } = options;
  const entries = (branch: string): Uint8Array[] =>
    Array.from({ length }, (_, at) => Buffer.from(at < forkedAt ? `entry ${at}` : `${branch} ${at}`));
  const trees = new Map<string, { entries: Uint8Array[]; levels: Uint8Array[][] }>();
  const treeOf = (branch: string) => {
    const known = trees.get(branch);
    if (known !== undefined) return known;
    const made = { entries: entries(branch), levels: subtrees(entries(branch).map((entry) => leafHash(entry))) };
    trees.set(branch, made);
    return made;
  };
  const signed = async (size: number, branch = "main"): Promise<string> => {
    const { root } = append(emptyFrontier, treeOf(branch).entries.slice(0, size));
    return await makeCheckpoint({ origin, size, root }, signer);
  };
  const request = async (oldSize: number, size: number, branch = "main"): Promise<Buffer> => {
    const { levels } = treeOf(branch);
    const read = (level: number, index: number): Uint8Array => levels[level]?.[index] ?? new Uint8Array(32);
    const proof = oldSize === 0 || oldSize >= size ? [] : await proveConsistency(oldSize, size, read);
    const lines = proof.map((hash) => `${Buffer.from(hash).toString("base64")}\n`).join("");
    return Buffer.from(`old ${oldSize}\n${lines}\n${await signed(size, branch)}`);
  };
  return { origin, vkey: signer.vkey, signed, request };
}
