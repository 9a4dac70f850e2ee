/** What this tab remembers while the person is away at another system. No secret: those are in a cookie scripts cannot read. */
const NEXT = "tyr-sso-next";
const CAME = "tyr-sso-came";

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

export function keepThatCameFromElsewhere(): void {
  sessionStorage.setItem(CAME, "yes");
}

/** True once, when this tab signed in through another system, which may have a session of its own to end. */
export function takeThatCameFromElsewhere(): boolean {
  const came = sessionStorage.getItem(CAME) !== null;
  sessionStorage.removeItem(CAME);
  return came;
}
