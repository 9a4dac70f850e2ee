import { AsyncLocalStorage } from "node:async_hooks";

type Wait = { isOver: boolean };
const waits = new AsyncLocalStorage<Wait>();

/**
 * Somebody waits for `work`: its statements and transactions go before those of stages and batches, which on the embedded
 * engine share one session. PostgreSQL has a session for each, so nothing changes there. What the work sets off and does not
 * wait for (a run in the background, a loop) is nobody's wait once it is done.
 */
export async function urgently<T>(work: () => Promise<T>): Promise<T> {
  const wait: Wait = { isOver: false };
  try {
    return await waits.run(wait, work);
  } finally {
    wait.isOver = true;
  }
}

export function isUrgent(): boolean {
  return waits.getStore()?.isOver === false;
}
