type Extract = (source: Readonly<{ fields: Readonly<Record<string, unknown>> }>) => number | undefined;

function number(name: string): Extract {
  return ({ fields }) => {
    const value = fields[name];
    return typeof value === "number" && Number.isFinite(value) ? value : undefined;
  };
}

/** Evidence of what an identity's addresses show together: counts only. */
export const ACTOR_EXTRACTORS = {
  identity_addresses: number("identity.address_count"),
  identity_networks: number("identity.network_count"),
  identity_accounts: number("credential.account_count"),
  identity_sources: number("credential.source_count"),
  identity_targets: number("credential.target_count"),
} as const satisfies Readonly<Record<string, Extract>>;
export const ACTOR_KEYS = Object.keys(ACTOR_EXTRACTORS) as readonly (keyof typeof ACTOR_EXTRACTORS)[];
