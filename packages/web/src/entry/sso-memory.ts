/** What this tab remembers while the person is away at another system. No secret: those are in a cookie scripts cannot read. */
const NEXT = "tyr-sso-next";
const CAME = "tyr-sso-came";
const PROVES = "tyr-sso-proves";

export function keepNext(next: string | undefined): void {
  if (next === undefined) sessionStorage.removeItem(NEXT);
  else sessionStorage.setItem(NEXT, next);
}

/** Where the person was going; remembered once. */
export function takeNext(): string | undefined {
  const next = sessionStorage.getItem(NEXT) ?? undefined;
  sessionStorage.removeItem(NEXT);
  return next;
}

/** What comes back is a proof of somebody signed in, no sign-in. */
export function keepThatItProves(): void {
  sessionStorage.setItem(PROVES, "yes");
}

/** True once. */
export function takeThatItProves(): boolean {
  const proves = sessionStorage.getItem(PROVES) !== null;
  sessionStorage.removeItem(PROVES);
  return proves;
}

/** A sign-in that begins: a proof begun before and left is none any more. */
export function forgetProof(): void {
  sessionStorage.removeItem(PROVES);
}

export function keepThatCameFromElsewhere(): void {
  sessionStorage.setItem(CAME, "yes");
}

/** True once, when this tab signed in through another system, which may have a session of its own to end. */
export function takeThatCameFromElsewhere(): boolean {
  const came = sessionStorage.getItem(CAME) !== null;
  sessionStorage.removeItem(CAME);
  return came;
}
