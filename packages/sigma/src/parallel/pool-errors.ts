/** Where a batch stood in the input: its first line, counted from 0 over everything given to the pool, and how many. */
export type LineRange = Readonly<{ firstLine: number; lineCount: number }>;

/** Two workers, the second a fresh one, were lost over this batch; its lines were not judged. */
export class BatchFailed extends Error {
  override readonly name = "BatchFailed";
  readonly code = "SIGMA_BATCH_FAILED";
  readonly range: LineRange;

  constructor(range: LineRange, options: ErrorOptions) {
    super(
      `${describe(range)} were not matched: two workers in turn were lost over them; take them out or split them`,
      options,
    );
    this.range = range;
  }
}

/** Workers do not start, or did not come to the rules of this pool. Nothing can be matched. */
export class PoolBroken extends Error {
  override readonly name = "PoolBroken";
  readonly code = "SIGMA_POOL_BROKEN";

  constructor(options: ErrorOptions) {
    super("the workers of the pool do not start: see the cause, and the file they are started from", options);
  }
}

/** The pool was closed before these lines were answered for, or before they were given. */
export class PoolClosed extends Error {
  override readonly name = "PoolClosed";
  readonly code = "SIGMA_POOL_CLOSED";

  constructor(range: LineRange) {
    super(`${describe(range)} were not matched: the pool is closed`);
  }
}

/** Why a batch was not matched. */
export type PoolFailure = BatchFailed | PoolBroken | PoolClosed;

/** What to do about each code, for people. */
export const poolAdvice: Readonly<Record<PoolFailure["code"], string>> = {
  SIGMA_BATCH_FAILED:
    "The lines named were judged by no rule. Take them out or split them and give them again; the cause says how the last worker ended. The other batches are not concerned.",
  SIGMA_POOL_BROKEN:
    "Nothing can be matched on this pool. See the cause: the file its workers start from, their memory, or a folder of rules that changed while they loaded. Then create another pool.",
  SIGMA_POOL_CLOSED:
    "The lines named were given to a pool that was closed, or were under way when it was. Give them to another one.",
};

/** Lines 4 to 6 are the fifth to the seventh. */
function describe({ firstLine, lineCount }: LineRange): string {
  return `lines ${firstLine} to ${firstLine + Math.max(lineCount, 1) - 1}`;
}
