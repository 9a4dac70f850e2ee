import { type Lasting, lastingAt } from "../idle.ts";
import type { LiftEvent } from "../lifter.ts";

/** Who logged in at a host under a name lately: tlog names host and user, and not where somebody comes from. */
export type Login = Lasting & Readonly<{ is: "login"; src: string; atMs: number; isOnly: boolean }>;

/** A recording begins with the shell, right after the login; its first record is written within ten seconds. */
const BEFORE_MS = 120_000;
/** Clocks of one host agree; what is written first need not be read first. */
const AFTER_MS = 5_000;

export function hostKey(host: string, user: string): string {
  return `login ${JSON.stringify([host.slice(0, 128).toWellFormed(), user.slice(0, 128).toWellFormed()])}`;
}

type Seen = Readonly<{ event: LiftEvent; src: string; atMs: number }>;

/** Where two addresses log in under one name at a time, nobody can tell which of them a recording is of. */
export function seenLogin(before: Login | undefined, { event, src, atMs }: Seen): Login {
  const isOnly = before === undefined || before.src === src || atMs - before.atMs > BEFORE_MS;
  return { is: "login", ...lastingAt(event), src, atMs, isOnly };
}

/** The address that logged in shortly before; undefined where there was none, or more than one. */
export function loginOf(login: Login, atMs: number): string | undefined {
  const ago = atMs - login.atMs;
  return login.isOnly && ago <= BEFORE_MS && ago >= -AFTER_MS ? login.src : undefined;
}
