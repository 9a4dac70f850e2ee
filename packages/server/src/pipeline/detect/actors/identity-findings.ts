import type { IdentityId } from "@tyr/contract";
import type { DerivedEvent } from "#collect";
import type { Observation } from "./observation.ts";

/** What an identity's addresses show only together: each alone stays below what rules look for. */
type Fields = DerivedEvent["fields"];
type Found = Readonly<{ action: string; timeMs: number; fields: Fields }>;
/** An address with the times of its own first and last event. */
export type Seen = Pick<Observation, "address" | "asn" | "traces"> &
  Readonly<{ firstEventMs: number; lastEventMs: number }>;

/** Origins 2.14, "identity-only". */
const ACCOUNTS_MIN = 3;
const ADDRESSES_MIN = 3;
const SERVICES_MIN = 3;
const NETWORKS_MIN = 3;
const NETWORKS_WITHIN_MS = 24 * 3_600_000;
/** Of one address alone the lifter of credentials tells. */
const SPRAYING_ADDRESSES_MIN = 2;

/** As events to be derived: each kind of finding once per identity, with what was known where the ladder looked. */
export function findingsOf(id: IdentityId, addresses: readonly Seen[]): readonly DerivedEvent[] {
  if (addresses.length < SPRAYING_ADDRESSES_MIN) return [];
  const found = [spraying(addresses), fromAddresses(addresses), atServices(addresses), networks(addresses)];
  return found.flatMap((one): DerivedEvent[] => {
    if (one === undefined) return [];
    const fields = { "identity.id": id, "identity.address_count": addresses.length, ...one.fields };
    const time = new Date(one.timeMs);
    return [{ kind: "identity", action: one.action, category: "identity", identity: [id], time, fields, from: [] }];
  });
}

type Use = Readonly<{
  addresses: ReadonlySet<string>;
  accounts: ReadonlySet<string>;
  services: ReadonlySet<string>;
  lastMs: number;
}>;

/** What was done with each secret, or with each pair of account and secret. Keyed hashes all of them. */
function usesOf(addresses: readonly Seen[], by: "secret" | "pair"): readonly Use[] {
  const single = addresses.flatMap(({ address, lastEventMs, traces }) =>
    traces.secrets.flatMap(({ secret, accounts, services }) => {
      const keys = by === "secret" ? [secret] : accounts.map((account) => `${secret} ${account}`);
      return keys.map((key) => ({ key, address, accounts, services, lastEventMs }));
    }),
  );
  return [...Map.groupBy(single, ({ key }) => key).values()].map((of) => ({
    addresses: new Set(of.map(({ address }) => address)),
    accounts: new Set(of.flatMap(({ accounts }) => accounts)),
    services: new Set(of.flatMap(({ services }) => services)),
    lastMs: of.reduce((last, { lastEventMs }) => Math.max(last, lastEventMs), -Infinity),
  }));
}

/** Of several with as many, by what can be seen of them: hashes differ from installation to installation. */
function most(uses: readonly Use[], count: (use: Use) => number, min: number): Use | undefined {
  const [best] = uses
    .filter((use) => count(use) >= min)
    .toSorted(
      (a, b) =>
        count(b) - count(a) ||
        b.addresses.size - a.addresses.size ||
        b.accounts.size - a.accounts.size ||
        b.services.size - a.services.size ||
        b.lastMs - a.lastMs,
    );
  return best;
}

function fieldsOf({ addresses, accounts, services }: Use): Fields {
  return {
    "credential.account_count": accounts.size,
    "credential.source_count": addresses.size,
    "credential.target_count": services.size,
  };
}

/** One password at several accounts, from several addresses. */
function spraying(addresses: readonly Seen[]): Found | undefined {
  const uses = usesOf(addresses, "secret").filter((use) => use.addresses.size >= SPRAYING_ADDRESSES_MIN);
  const use = most(uses, ({ accounts }) => accounts.size, ACCOUNTS_MIN);
  return use && { action: "identity.spraying", timeMs: use.lastMs, fields: fieldsOf(use) };
}

/** One pair of account and password, from several addresses. */
function fromAddresses(addresses: readonly Seen[]): Found | undefined {
  const use = most(usesOf(addresses, "pair"), (one) => one.addresses.size, ADDRESSES_MIN);
  return use && { action: "identity.credential_from_addresses", timeMs: use.lastMs, fields: fieldsOf(use) };
}

/** One pair of account and password, at several services. */
function atServices(addresses: readonly Seen[]): Found | undefined {
  const use = most(usesOf(addresses, "pair"), ({ services }) => services.size, SERVICES_MIN);
  return use && { action: "identity.credential_at_services", timeMs: use.lastMs, fields: fieldsOf(use) };
}

/** Several networks within a day. An address counts when it was first and when it was last seen. */
function networks(addresses: readonly Seen[]): Found | undefined {
  const seen = addresses
    .flatMap(({ asn, firstEventMs, lastEventMs }) =>
      asn === null ? [] : [firstEventMs, lastEventMs].map((ms) => ({ asn, ms })),
    )
    .toSorted((a, b) => a.ms - b.ms);
  const within = new Map<string, number>();
  let best = { count: 0, timeMs: 0 };
  let oldest = 0;
  for (const { asn, ms } of seen) {
    within.set(asn, (within.get(asn) ?? 0) + 1);
    for (let gone = seen[oldest]; gone !== undefined && gone.ms <= ms - NETWORKS_WITHIN_MS; gone = seen[++oldest])
      forget(within, gone.asn);
    if (within.size > best.count) best = { count: within.size, timeMs: ms };
  }
  if (best.count < NETWORKS_MIN) return undefined;
  return { action: "identity.networks", timeMs: best.timeMs, fields: { "identity.network_count": best.count } };
}

function forget(within: Map<string, number>, asn: string): void {
  const left = (within.get(asn) ?? 0) - 1;
  if (left > 0) within.set(asn, left);
  else within.delete(asn);
}
