import { MODES, type ModeName } from "@tyr/contract";
import type { TypeAndId } from "@cedar-policy/cedar-wasm/nodejs";
import { ADDRESS_KINDS, kindsOf, type AddressKind } from "../address-class.ts";
import { overlaps, type Prefix } from "../address.ts";

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
}>;

/** What policies may know about a mode somebody asks for, beside the one in force. */
export type ModeFacts = Readonly<{ text: ModeName; raises: boolean; lowers: boolean }>;

/** An action's type with what is known of its target. */
export type Asked =
  | Readonly<{ type: "block_ip"; target: AddressFacts }>
  | Readonly<{ type: "set_mode"; target: ModeFacts }>;

/** What a target may overlap; left out: none of that kind. */
type Guarded = Readonly<Partial<Record<"own" | "host" | "enforcers" | "operators" | "allowed", readonly Prefix[]>>>;

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
  };
}

export function describeMode(wanted: ModeName, inForce: ModeName): ModeFacts {
  const step = MODES.indexOf(wanted) - MODES.indexOf(inForce);
  return { text: wanted, raises: step > 0, lowers: step < 0 };
}

export type Resource = TypeAndId & Readonly<{ attributes: Readonly<Record<string, boolean | number>> }>;

function addressResource({ text, kinds, ...facts }: AddressFacts): Resource {
  const flags = Object.fromEntries(ADDRESS_KINDS.map((kind) => [kind, kinds.includes(kind)]));
  const { version, prefixLength, ownNetwork, ownHost, enforcementPoint, operator, allowListed } = facts;
  return {
    type: "Target",
    id: text,
    attributes: { version, prefixLength, ownNetwork, ownHost, enforcementPoint, operator, allowListed, ...flags },
  };
}

/** The target as Cedar's resource, built field by field: stored decisions come back from the database. */
export function resourceOf(asked: Asked): Resource {
  if (asked.type === "block_ip") return addressResource(asked.target);
  const { text, raises, lowers } = asked.target;
  return { type: "ModeChange", id: text, attributes: { raises, lowers } };
}
