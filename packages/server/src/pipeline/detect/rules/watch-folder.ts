import { statSync, watch } from "node:fs";
import { basename, dirname, join } from "node:path";

/** Watches the entries of one folder, not what is in folders below it. The name is null when the system does not say. */
export type WatchFolder = (
  dir: string,
  on: Readonly<{ event: (name: string | null) => void; failed: (error: unknown) => void }>,
) => Readonly<{ close(): void }>;

export const watchOneFolder: WatchFolder = (dir, { event, failed }) => {
  const watcher = watch(dir, { persistent: false }, (_kind, name) => event(name));
  watcher.on("error", failed);
  return { close: () => watcher.close() };
};

type Watched = Readonly<{ identity: string; close(): void }>;
export type FolderWatchOptions = Readonly<{
  root: string;
  watch: WatchFolder;
  onEvent: (name: string | null) => void;
  onFailed: (error: unknown) => void;
}>;

/**
 * Watches the folders rules are in. A folder may be replaced by another one of its name, or be a link that is turned
 * elsewhere: then the watch is on what was there before. So the folder above the root is watched for its name, and each
 * watch is renewed when its path leads somewhere else.
 */
export class FolderWatch {
  readonly #options: FolderWatchOptions;
  readonly #watched = new Map<string, Watched>();

  constructor(options: FolderWatchOptions) {
    this.#options = options;
    const { root, onEvent } = options;
    this.#renew(dirname(root), (name) => {
      if (name === null || name === basename(root)) onEvent(name);
    });
  }

  /** @param folders below the root, relative to it; the root itself is the empty path */
  keepTo(folders: readonly string[]): void {
    const { root, onEvent } = this.#options;
    const wanted = new Set([dirname(root), ...folders.map((path) => join(root, path))]);
    for (const [dir, { close }] of this.#watched) {
      if (wanted.has(dir)) continue;
      close();
      this.#watched.delete(dir);
    }
    for (const path of folders) this.#renew(join(root, path), onEvent);
  }

  #renew(dir: string, event: (name: string | null) => void): void {
    const { watch: open, onFailed } = this.#options;
    try {
      const { dev, ino } = statSync(dir);
      const identity = `${dev} ${ino}`;
      const known = this.#watched.get(dir);
      if (known?.identity === identity) return;
      known?.close();
      this.#watched.delete(dir);
      this.#watched.set(dir, { identity, close: open(dir, { event, failed: onFailed }).close });
    } catch (error) {
      onFailed(error);
    }
  }

  close(): void {
    for (const { close } of this.#watched.values()) close();
    this.#watched.clear();
  }
}
