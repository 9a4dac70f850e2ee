import type { ApiKey, ApiKeyMade, KeyCreate, ServiceAccount } from "@tyr/contract";
import { at, idOf, person } from "./make.ts";

const DAY = 86_400_000;

function key(number: number, now: number, rest: Partial<ApiKey>): ApiKey {
  return {
    id: idOf("key", number),
    name: `key ${number}`,
    owner: person(1, "mara"),
    scopes: ["event:read"],
    networks: [],
    hint: `tyr_key_${number}f225ae6d1b04c33…`,
    state: "active",
    createdAt: at(now - 40 * DAY),
    expiresAt: at(now + 50 * DAY),
    rotatedAt: null,
    overlapEndsAt: null,
    revokedAt: null,
    lastUsedAt: at(now - 180_000),
    lastUsedFrom: "192.0.2.14",
    ...rest,
  };
}

export function makeKeys(now: number): ApiKey[] {
  return [
    key(1, now, {
      name: "nightly export",
      scopes: ["event:read", "audit:read"],
      networks: ["192.0.2.0/24", "2001:db8:5::/48"],
    }),
    key(2, now, { name: "notebook", lastUsedAt: null, lastUsedFrom: null }),
    key(3, now, { name: "old script", state: "revoked", revokedAt: at(now - DAY), lastUsedFrom: "2001:db8:1:2::/64" }),
    key(4, now, {
      name: "playbooks",
      owner: { kind: "automation", id: idOf("serviceAccount", 1), name: "soar" },
      scopes: ["incident:read", "incident:write", "action:request"],
    }),
  ];
}

export function makeServices(now: number): ServiceAccount[] {
  const made = { about: "runs the playbooks", createdAt: at(now - 90 * DAY) };
  return [
    {
      id: idOf("serviceAccount", 1),
      name: "soar",
      owner: { id: idOf("subject", 1), name: "mara", active: true },
      active: true,
      ...made,
    },
    {
      id: idOf("serviceAccount", 2),
      name: "backup",
      owner: { id: idOf("subject", 4), name: "vik", active: false },
      active: true,
      ...made,
    },
  ];
}

export function madeKey(number: number, body: KeyCreate, owner: ApiKey["owner"]): ApiKeyMade {
  const now = Date.now();
  const { name, scopes, networks = [], lifeDays } = body;
  const used = { lastUsedAt: null, lastUsedFrom: null, createdAt: at(now), expiresAt: at(now + lifeDays * DAY) };
  const secret = `tyr_key_0123456789abcdef_${"k".repeat(43)}_abc123`;
  return { key: key(number, now, { name, scopes, networks, owner, ...used }), secret };
}
