import type { Look } from "./look-store.ts";

/** Rests without an event that make a silence. */
const SILENCE_RESTS = 5;
/** The same before it heard of anybody since it started: senders take their time to come back. */
const FIRST_SILENCE_RESTS = 15;
/** Rests after which it looks where events trickle all the time. */
const TRICKLE_RESTS = 60;

/**
 * When the ladder looks though fewer events came than make a look due. Rests are counted, and no clock is read: a machine
 * that stands still, or a process that starts again, is no silence of senders.
 */
export class Rests {
  #silent = 0;
  #unlooked = 0;
  #counted: number | undefined;
  /** Nothing came since the start but what was stored before it. */
  #isFirst = true;

  /** To be asked once at each rest. */
  isTimeToLook({ counted, looked }: Pick<Look, "counted" | "looked">): boolean {
    const isSilent = counted === (this.#counted ?? counted);
    this.#isFirst &&= isSilent;
    this.#silent = isSilent ? this.#silent + 1 : 0;
    this.#unlooked = counted === looked ? 0 : this.#unlooked + 1;
    this.#counted = counted;
    const silence = this.#isFirst ? FIRST_SILENCE_RESTS : SILENCE_RESTS;
    if (this.#silent < silence && this.#unlooked < TRICKLE_RESTS) return false;
    this.#silent = 0;
    this.#unlooked = 0;
    return true;
  }
}
