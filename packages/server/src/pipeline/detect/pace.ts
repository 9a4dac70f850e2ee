/** Events stored and not yet looked at, beyond which storing waits: a sixth of a second of work on a small machine. */
const BEHIND_MAX = 1_000;
/** A stage that has not moved for so long is not waited for: events must be stored even while detection is broken. */
const STUCK_MS = 1_000;

/** Keeps the way from stored to looked at short by making the writer wait for the reader. */
export type Pace = Readonly<{
  /** The newest position stored. */
  stored(position: number): void;
  /** The last position looked at; also told when it did not move, as a sign of life. */
  finished(position: number): void;
  /** Resolves when the reader is close behind, or stuck. */
  wait(): Promise<void>;
}>;

export function createPace(): Pace {
  let head = 0;
  let done = 0;
  let isStuck = false;
  let step = Promise.withResolvers<"step">();
  const mustWait = (): boolean => head - done > BEHIND_MAX && !isStuck;
  return {
    stored(position) {
      head = Math.max(head, position);
    },
    finished(position) {
      done = position;
      isStuck = false;
      step.resolve("step");
      step = Promise.withResolvers<"step">();
    },
    async wait() {
      while (mustWait()) {
        const stuck = Promise.withResolvers<"stuck">();
        const timer = setTimeout(stuck.resolve, STUCK_MS, "stuck");
        isStuck = (await Promise.race([step.promise, stuck.promise])) === "stuck";
        clearTimeout(timer);
      }
    },
  };
}
