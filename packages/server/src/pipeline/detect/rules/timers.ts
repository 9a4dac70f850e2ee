/** Waiting, as an argument: whoever tests moves the time by hand. */
export type Timers = Readonly<{
  nowMs(): number;
  /** @returns how not to */
  after(ms: number, work: () => void): () => void;
}>;

/** Does not keep the process alive. */
export const systemTimers: Timers = {
  nowMs: () => performance.now(),
  after(ms, work) {
    const timer = setTimeout(work, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
