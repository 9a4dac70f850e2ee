/**
 * What editors, version control and mounted volumes keep beside the files people mean: swap files of vi, `4913` with which it
 * tries whether it may write, backups, locks of Emacs, halves of downloads and of safe writes. Names that begin with a dot
 * are all of these; `..data` is the one link by which Kubernetes changes a whole volume at once.
 */
const SCRATCH = [
  /^\.(?!\.data$)/,
  /~$/,
  /^#.*#$/,
  /^4913$/,
  /\.(?:sw[a-z]|tmp|temp|bak|orig|rej|part|partial|crdownload|lock)$/i,
  /___jb_(?:tmp|old)___$/,
];

/** Whether a change of this name can be no change of a rule: it is passed over without a look or a word. */
export function isScratchName(name: string): boolean {
  return SCRATCH.some((pattern) => pattern.test(name));
}
