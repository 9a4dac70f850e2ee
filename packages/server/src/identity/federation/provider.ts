import type { Role } from "@tyr/contract";

/** One provider of sign-ins (an OpenID Connect issuer), as the settings name it. */
export type Provider = Readonly<{
  /** Stands in addresses: `https://tyr.example.org/sso/<id>` is the redirect URI to register there. */
  id: string;
  /** Shown on the sign-in page. */
  name: string;
  issuer: string;
  clientId: string;
  clientSecret: string | undefined;
  scopes: readonly string[];
  /** The claim that becomes the login name of an account made on first sign-in. */
  nameClaim: string;
  /** The claim that lists groups or roles; undefined: roles are given in Tyr. */
  groupsClaim: string | undefined;
  /** What each group of the provider may do here. Everybody else may do nothing. */
  roles: ReadonlyMap<string, readonly Role[]>;
  /**
   * The claim that holds what SCIM calls externalId: by it somebody provisioned is known at their first sign-in.
   * undefined: the provider provisions nobody.
   */
  scimClaim?: string | undefined;
  /** Makes an account on first sign-in for whoever has a mapped group. Off unless said. */
  autoProvision: boolean;
  /** One of these must be in `acr`, and all of `amr`, where they are set. */
  acr: readonly string[];
  amr: readonly string[];
  /** The oldest sign-in at the provider that is taken for one here. */
  maxAgeSeconds: number;
}>;

export type Claims = Readonly<Record<string, unknown> & { iss: string; sub: string }>;

/** What a claim may name at most: more is a mistake, or somebody's attempt. */
const GROUPS_MAX = 1_000;

/**
 * The roles the groups in the claims give. Pure, and closed: a claim that is missing, of another shape or names nothing
 * in the table gives none.
 */
export function rolesFor(provider: Provider, claims: Claims): readonly Role[] {
  if (provider.groupsClaim === undefined || !Object.hasOwn(claims, provider.groupsClaim)) return [];
  const claim = claims[provider.groupsClaim];
  const groups = typeof claim === "string" ? [claim] : Array.isArray(claim) ? claim.slice(0, GROUPS_MAX) : [];
  const roles = groups.flatMap((group) => (typeof group === "string" ? (provider.roles.get(group) ?? []) : []));
  return [...new Set(roles)].toSorted();
}

const LOGIN_NAME = /^[a-zA-Z0-9][a-zA-Z0-9._@-]{0,79}$/;

/** The login name in the claims; undefined when it is missing or cannot be one. */
export function nameIn(provider: Provider, claims: Claims): string | undefined {
  const name = Object.hasOwn(claims, provider.nameClaim) ? claims[provider.nameClaim] : undefined;
  return typeof name === "string" && LOGIN_NAME.test(name) ? name : undefined;
}

const SHOWN_MAX = 10;
const SHOWN_CHARS_MAX = 100;

/** How the provider says it was proved, for the log (OpenID Connect Core 2; RFC 8176). */
export function shownBy({ acr, amr }: Claims): Readonly<{ acr?: string; amr?: readonly string[] }> {
  const methods = Array.isArray(amr) ? amr.filter((method): method is string => typeof method === "string") : [];
  const cut = (text: string): string => text.slice(0, SHOWN_CHARS_MAX);
  return {
    ...(typeof acr === "string" ? { acr: cut(acr) } : {}),
    ...(methods.length === 0 ? {} : { amr: methods.slice(0, SHOWN_MAX).map(cut) }),
  };
}

/** Why the sign-in at the provider was not strong enough, or undefined (ASVS 5.0 6.8.4). */
export function tooWeak({ acr, amr }: Provider, claims: Claims): string | undefined {
  const [isClass, methods] = [claims["acr"], claims["amr"]];
  if (acr.length > 0 && !(typeof isClass === "string" && acr.includes(isClass)))
    return "acr is not one of those asked for";
  const shown: readonly unknown[] = Array.isArray(methods) ? methods : [];
  if (amr.some((method) => !shown.includes(method))) return "amr lacks a method asked for";
  return undefined;
}
