import { fromDecimal, fromUtf8 } from "./bytes.ts";
import type { SignedCheckpoint } from "./checkpoint.ts";
import { decodeBundle } from "./entry-bundle.ts";
import { refuse, type Refused, type Result } from "./errors.ts";
import type { Finding } from "./judge-tiles.ts";
import type { NoteVerifier } from "./note-key.ts";
import { openPrunedStatement, prunedPath, type PrunedRange } from "./pruned.ts";
import { entriesPath, tilesOfLevel, tileWidth } from "./tile-path.ts";

type Read = (path: string) => Promise<Uint8Array | undefined>;
export type Pruned = Readonly<{
  range: (PrunedRange & Readonly<{ declaredAt: number }>) | undefined;
  findings: readonly Finding[];
  /** Gives the bundle of the statement again as it was read: it is judged as the same bytes it was believed from. */
  read: Read;
}>;
type About = Readonly<{ checkpoint: SignedCheckpoint; keys: readonly NoteVerifier[] }>;

const unproven = (message: string): Refused => refuse("LEDGER_PRUNED_UNPROVEN", message);

/** The bundle of an entry, at the width the checkpoint covers. */
function bundleOf(index: number, size: number): Readonly<{ path: string; width: number }> {
  const { full, partialWidth } = tilesOfLevel(size, 0);
  const bundle = Math.floor(index / tileWidth);
  const width = bundle < full ? tileWidth : partialWidth;
  return { path: entriesPath({ index: bundle, width }), width };
}

async function openAt(
  index: number | undefined,
  bytes: Uint8Array | undefined,
  about: About,
): Promise<Result<PrunedRange>> {
  const { checkpoint, keys } = about;
  if (index === undefined || index >= checkpoint.size)
    return unproven(`the file ${prunedPath} does not name an entry of this log`);
  const { path, width } = bundleOf(index, checkpoint.size);
  const bundle = bytes === undefined ? undefined : decodeBundle(bytes, width);
  const entry = bundle?.ok === true ? bundle.value[index % tileWidth] : undefined;
  if (entry === undefined) return unproven(`entry ${index}, which is to say what is pruned, is not in ${path}`);
  return await openPrunedStatement(entry, { index, keys, origin: checkpoint.origin });
}

/** What the log declared pruned. A claim that does not hold is a finding, and nothing counts as pruned. */
export async function readPruned(read: Read, about: About): Promise<Pruned> {
  const pointer = await read(prunedPath);
  if (pointer === undefined) return { range: undefined, findings: [], read };
  const index = fromDecimal((fromUtf8(pointer) ?? "").replace(/\n$/, ""));
  const place = index === undefined ? undefined : bundleOf(index, about.checkpoint.size).path;
  const bytes = place === undefined ? undefined : await read(place);
  const opened = await openAt(index, bytes, about);
  const again: Read = async (path) => (path === place ? bytes : await read(path));
  if (!opened.ok) return { range: undefined, findings: [{ ...opened.refusal, path: prunedPath }], read: again };
  return { range: { ...opened.value, declaredAt: index ?? 0 }, findings: [], read: again };
}
