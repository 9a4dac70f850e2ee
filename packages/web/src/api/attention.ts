/** Pages ask again by themselves every few seconds. For so long after the last key or pointer somebody counts as there. */
const ATTENDED_MS = 60_000;

let lastInputMs = -Infinity;

/** Begins to listen for signs of a person. */
export function watchAttention(page: EventTarget, now: () => number = () => performance.now()): void {
  lastInputMs = now();
  const note = (): void => void (lastInputMs = now());
  for (const kind of ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"])
    page.addEventListener(kind, note, { passive: true, capture: true });
}

/** Says of a request that nobody is there, so that an open page does not keep its session awake (ASVS 5.0 7.3.1). */
export function attentionHeaders(nowMs: number = performance.now()): Readonly<Record<string, string>> {
  return nowMs - lastInputMs < ATTENDED_MS ? {} : { "x-tyr-unattended": "1" };
}
