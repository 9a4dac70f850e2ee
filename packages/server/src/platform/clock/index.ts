/** Time as an argument: everything that decides takes an instant, only the edges ask a clock. */
export type Clock = Readonly<{ now(): Date }>;

export const systemClock: Clock = { now: () => new Date() };

/** A clock for tests that stands still until it is moved. */
export function fixedClock(start: string): Clock & { advance(ms: number): void; set(instant: string): void } {
  let at = new Date(start).getTime();
  return {
    now: () => new Date(at),
    advance: (ms) => void (at += ms),
    set: (instant) => void (at = new Date(instant).getTime()),
  };
}
