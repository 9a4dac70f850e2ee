import { MODES, type ModeName, type PolicyChangeFacts } from "@tyr/contract";
import type { TypeAndId } from "@cedar-policy/cedar-wasm/nodejs";
import { ADDRESS_KINDS, kindsOf, type AddressKind } from "../address-class.ts";
import { overlaps, type Prefix } from "../address.ts";
import { NOTHING_TOUCHED, type TouchedAssets } from "../assets/touched.ts";

/** What policies may know about an address or prefix. */
export type AddressFacts = Readonly<{
  text: string;
  version: 4 | 6;
  prefixLength: number;
  kinds: readonly AddressKind[];
  ownNetwork: boolean;
  /** An address of this host, of an enforcement point, of a signed-in operator. */
  ownHost: boolean;
  enforcementPoint: boolean;
  operator: boolean;
  allowListed: boolean;
  /** Of the inventory, overlapped in either direction. */
  assets: TouchedAssets;
}>;

/** What policies may know about a mode somebody asks for, beside the one in force. */
export type ModeFacts = Readonly<{ text: ModeName; raises: boolean; lowers: boolean }>;

/** What policies may know about other policies somebody wants in force: what they take away from those that are. */
export type PolicyFacts = PolicyChangeFacts &
  Readonly<{
    text: string;
    /** It does not load, or its checks are not green: nothing could be decided with it. */
    unusable: boolean;
  }>;

/** An action's type with what is known of its target. */
export type Asked =
  | Readonly<{ type: "block_ip"; target: AddressFacts }>
  | Readonly<{ type: "set_mode"; target: ModeFacts }>
  | Readonly<{ type: "update_policy"; target: PolicyFacts }>;

/** As it was stored before the inventory was part of the question. */
export type FirstAsked =
  | Readonly<{ type: "block_ip"; target: Omit<AddressFacts, "assets"> }>
  | Readonly<{ type: "set_mode"; target: ModeFacts }>;

/** In today's words: of a target of that time nobody knows what it touched. */
export function askedSince<T extends FirstAsked>(stored: T): Omit<T, "type" | "target"> & Asked {
  const { type, target, ...rest } = stored;
  return type === "block_ip"
    ? { ...rest, type, target: { ...target, assets: NOTHING_TOUCHED } }
    : { ...rest, type, target };
}

/** What a target may overlap; left out: none of that kind. */
type Guarded = Readonly<Partial<Record<"own" | "host" | "enforcers" | "operators" | "allowed", readonly Prefix[]>>> &
  Readonly<{ assets?: TouchedAssets }>;

/** Overlap counts in both directions: a wider target is seen too. */
export function describeTarget(target: Prefix, guarded: Guarded): AddressFacts {
  const touches = (among: readonly Prefix[] = []): boolean => among.some((one) => overlaps(one, target));
  return {
    text: target.text,
    version: target.version,
    prefixLength: target.length,
    kinds: kindsOf(target),
    ownNetwork: touches(guarded.own),
    ownHost: touches(guarded.host),
    enforcementPoint: touches(guarded.enforcers),
    operator: touches(guarded.operators),
    allowListed: touches(guarded.allowed),
    assets: guarded.assets ?? NOTHING_TOUCHED,
  };
}

export function describeMode(wanted: ModeName, inForce: ModeName): ModeFacts {
  const step = MODES.indexOf(wanted) - MODES.indexOf(inForce);
  return { text: wanted, raises: step > 0, lowers: step < 0 };
}

export type Resource = TypeAndId &
  Readonly<{ attributes: Readonly<Record<string, boolean | number>>; parents: readonly TypeAndId[] }>;

function addressResource({ text, kinds, assets, ...facts }: AddressFacts): Resource {
  const flags = Object.fromEntries(ADDRESS_KINDS.map((kind) => [kind, kinds.includes(kind)]));
  const { version, prefixLength, ownNetwork, ownHost, enforcementPoint, operator, allowListed } = facts;
  return {
    type: "Target",
    id: text,
    attributes: { version, prefixLength, ownNetwork, ownHost, enforcementPoint, operator, allowListed, ...flags },
    parents: assets.groups.map((id) => ({ type: "AssetGroup", id })),
  };
}

function policyResource({ text, ...facts }: PolicyFacts): Resource {
  const { removesForbid, loosensGate, widensPermit, schemaChanged, policiesChanged, unusable } = facts;
  return {
    type: "PolicyChange",
    id: text,
    attributes: { removesForbid, loosensGate, widensPermit, schemaChanged, policiesChanged, unusable },
    parents: [],
  };
}

/** The target as Cedar's resource, built field by field: stored decisions come back from the database. */
export function resourceOf(asked: Asked): Resource {
  if (asked.type === "block_ip") return addressResource(asked.target);
  if (asked.type === "update_policy") return policyResource(asked.target);
  const { text, raises, lowers } = asked.target;
  return { type: "ModeChange", id: text, attributes: { raises, lowers }, parents: [] };
}
