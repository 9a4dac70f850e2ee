/**
 * Whether a path is below one that could not be read: it is not known to be gone, so it counts as there. A folder nobody
 * may look into for a moment (its mode, a network file system that answers late) must not take its rules away.
 */
export function isHidden(path: string, unreadable: ReadonlySet<string>): boolean {
  for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
    if (unreadable.has(path.slice(0, end))) return true;
  }
  return unreadable.has("");
}
