import { ok } from "@tyr/contract";
import type { ReadDatabase } from "#platform/database";
import { allowedPrefixes } from "../allow-list.ts";
import { kindsOf } from "../address-class.ts";
import { contains, knownPrefix, parsePrefix, type Prefix } from "../address.ts";
import { touchedBy } from "../assets/touched.ts";
import { describeTarget } from "../policy/asked.ts";
import type { GovernPorts, PlanRequest } from "../ports.ts";
import type { ActionKind, KindRequest } from "./kind.ts";

/** Without a duration a block lasts a day; `readTtl` has given each its own by the time it is planned. */
const SECONDS_LEFT_OUT = 86_400;

/** Loopback and link-local addresses are nobody's in particular and have policies of their own. */
function reachable(addresses: readonly string[]): readonly Prefix[] {
  return addresses.flatMap((text) => {
    const parsed = parsePrefix(text);
    if (!parsed.ok) return [];
    const kinds = kindsOf(parsed.value);
    return kinds.includes("loopback") || kinds.includes("linkLocal") ? [] : [parsed.value];
  });
}

async function guardedOf(ports: GovernPorts, db: ReadDatabase, now: Date) {
  const { host, enforcers, operators } = await ports.ours(db);
  return {
    host: reachable(host),
    enforcers: reachable(enforcers),
    operators: reachable(operators),
    allowed: await allowedPrefixes(db, now),
  };
}

function planRequest({ target, ttlSeconds, ...rest }: KindRequest): PlanRequest {
  return { ...rest, target: knownPrefix(target), ttlSeconds: ttlSeconds ?? SECONDS_LEFT_OUT };
}

/** Blocking an address or prefix: planned by the connector, carried out by respond. */
export function blockIp({ ports, own }: Readonly<{ ports: GovernPorts; own: readonly Prefix[] }>): ActionKind {
  return {
    type: "block_ip",
    readTarget(text) {
      const parsed = parsePrefix(text);
      return parsed.ok ? ok(parsed.value.text) : parsed;
    },
    networkOf: (target) => target,
    concerns(target, actorIp) {
      const actor = parsePrefix(actorIp);
      return actor.ok && contains(knownPrefix(target), actor.value);
    },
    async describe({ db, target, now }) {
      const prefix = knownPrefix(target);
      const guarded = { own, ...(await guardedOf(ports, db, now)), assets: await touchedBy(db, prefix) };
      return { type: "block_ip", target: describeTarget(prefix, guarded) };
    },
    plan: async (request) => await ports.planner.plan(planRequest(request)),
    observe: async (request) => await ports.planner.observe(planRequest(request)),
  };
}
