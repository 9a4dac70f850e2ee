import { refuse, type Refused, type Role, type StepUpClass } from "@tyr/contract";

/** What an installation asks of those who sign in here. */
export type SignInRules = Readonly<{
  /** Whose sessions a password alone opens for nothing but adding a second factor. */
  secondFactorFor: "all" | readonly Role[];
  /** What asks for a recent proof by passkey, where any other would do by itself. */
  passkeyFor: readonly StepUpClass[];
}>;

function needsSecondFactor({ secondFactorFor }: SignInRules, roles: readonly Role[]): boolean {
  return secondFactorFor === "all" || roles.some((role) => secondFactorFor.includes(role));
}

/**
 * True when a session is good for adding a second factor and nothing else (ASVS 5.0 6.3.3). How strongly somebody signed in
 * at another system is a matter of its settings (`acr`, `amr`), so a password alone is meant.
 */
export function lacksSecondFactor(rules: SignInRules, roles: readonly Role[], factor: string): boolean {
  return factor === "password" && needsSecondFactor(rules, roles);
}

type Owner = Readonly<{ password_stands_alone: boolean; roles: readonly Role[] }>;

/** Why the last second factor of somebody has to stay: a short password needs it, or the installation does. */
export function refuseLastFactor(rules: SignInRules, { password_stands_alone, roles }: Owner): Refused | undefined {
  if (!password_stands_alone)
    return refuse("SECOND_FACTOR_STATE", "the password has fewer than 15 characters: choose a longer one first");
  if (!needsSecondFactor(rules, roles)) return undefined;
  return refuse("SECOND_FACTOR_STATE", "a second factor is asked for here: add another first");
}

/** True of factors that a passkey is part of. */
export function isByPasskey(factor: string): boolean {
  return factor.split("+").includes("passkey");
}
