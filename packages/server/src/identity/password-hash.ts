import { availableParallelism } from "node:os";
import { hash, verify } from "@node-rs/argon2";
import { normalizePassword } from "./password-policy.ts";

/** argon2id, 46 MiB, one pass, one lane (OWASP, ASVS 5.0 appendix C): about 30 ms on a small server. */
const PARAMETERS = { memoryCost: 47_104, timeCost: 1, parallelism: 1, outputLen: 32 };
const CURRENT = "$argon2id$v=19$m=47104,t=1,p=1$";

/** A flood of sign-ins costs 46 MiB times the slots, and not the whole memory. */
const SLOTS = availableParallelism() * 2;
const WAITING_MAX = 100;

export async function hashPassword(password: string): Promise<string> {
  return await hash(normalizePassword(password), PARAMETERS);
}

/** True when the parameters changed since the hash was made: hash again at the next sign-in. */
export function isOutdated(phc: string): boolean {
  return !phc.startsWith(CURRENT);
}

/** In the place of a hash: nothing signs in with it, and nobody gives the account another. */
export const NO_PASSWORD = "";

let decoy: Promise<string> | undefined;

/** Takes the time of one hash also when there is no such account, or one that was erased and has no password. */
export async function verifyPassword(phc: string | undefined, password: string): Promise<boolean> {
  decoy ??= hashPassword("no account has this password");
  const hasOne = phc !== undefined && phc !== NO_PASSWORD;
  const matches = await verify(hasOne ? phc : await decoy, normalizePassword(password));
  return hasOne && matches;
}

/** Makes the hash that unknown accounts are compared with, so that the first such sign-in takes no longer than others. */
export async function warmUp(): Promise<void> {
  await verifyPassword(undefined, "");
}

/** Runs work that hashes in a limited number of places. */
export class HashingPlaces {
  #free = SLOTS;
  readonly #waiting: (() => void)[] = [];

  /** @returns undefined when too many wait already: nothing was done */
  async run<T>(work: () => Promise<T>): Promise<T | undefined> {
    if (this.#free > 0) this.#free -= 1;
    else if (this.#waiting.length >= WAITING_MAX) return undefined;
    else await new Promise<void>((resolve) => void this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }
}
