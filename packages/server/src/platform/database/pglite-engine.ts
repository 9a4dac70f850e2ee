import { closeSync, fsyncSync, openSync } from "node:fs";
import { PGlite } from "@electric-sql/pglite";
import { NodeFS } from "@electric-sql/pglite/nodefs";

/** 32 MiB instead of 128: took resident memory from about 350 to 240 MB without a measurable loss in our batches. */
const START = [
  ...PGlite.defaultStartParams.filter((parameter) => parameter !== "-F"),
  "-c",
  "wal_sync_method=fsync",
  "-c",
  "shared_buffers=32MB",
];

let syncs = 0;

/** Times this process's engine synced to disk. */
export function syncCount(): number {
  return syncs;
}

type Emscripten = { NODEFS: { stream_ops: Record<string, unknown> } };
type InitOptions = Parameters<NodeFS["init"]>[1];

/**
 * PGlite as shipped does not sync: it starts with `-F`, and its file system has no fsync. This one passes each on to
 * the disk, so that a commit answered is a commit that survives a power cut.
 */
class SyncingNodeFS extends NodeFS {
  override async init(pg: PGlite, options: InitOptions) {
    const { emscriptenOpts } = await super.init(pg, options);
    const addSync = (module: unknown) => {
      (module as Emscripten).NODEFS.stream_ops["fsync"] = (stream: { nfd: number }) => {
        syncs += 1;
        fsyncSync(stream.nfd);
        return 0;
      };
    };
    return {
      emscriptenOpts: {
        ...emscriptenOpts,
        preRun: [...((emscriptenOpts.preRun as ((module: unknown) => void)[] | undefined) ?? []), addSync],
      },
    };
  }
}

/** The entries of a directory must be on disk too, or a power cut loses whole files. */
export function syncDirectory(path: string): void {
  const handle = openSync(path, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Opens a cluster, or builds it in an empty directory. Building takes some 560 MB for a moment: see `build-cluster.ts`. */
export async function openEngine(directory: string): Promise<PGlite> {
  const db = new PGlite({ fs: new SyncingNodeFS(directory), startParams: START });
  await db.waitReady;
  syncDirectory(directory);
  return db;
}
