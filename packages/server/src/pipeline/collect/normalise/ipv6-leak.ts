import { canonicalAddress } from "../address.ts";
import { type Json, textOf } from "./json-members.ts";
import type { Telemetry } from "./telemetry.ts";

/** How the host made the second half of its address (RFC 4291, 7217, 8981). */
const INTERFACES = ["eui64", "stable_privacy", "temporary", "unknown"];
const VECTORS = ["passive_ndp", "passive_mdns", "passive_tcp", "active_ns", "active_echo"];

/** Bytes 11 and 12 of an address made from a MAC are ff:fe; its first three tell the maker (RFC 4291, appendix A). */
function makerOf(address: string): string | undefined {
  const groups = address.split("::");
  const tail = (groups.at(-1) ?? "").split(":").map((group) => group.padStart(4, "0"));
  const [one, two, three] = tail.slice(-4);
  if (tail.length < 4 || one === undefined || two?.slice(2) !== "ff" || three?.slice(0, 2) !== "fe") return undefined;
  const first = (Number.parseInt(one.slice(0, 2), 16) ^ 0x02).toString(16).padStart(2, "0");
  return `${first}:${one.slice(2)}:${two.slice(0, 2)}`;
}

/** A link-local address (fe80::/10) that came with an IPv4 address: whoever hides behind a VPN is on this wire. */
export function readIpv6Leak(json: Json): Telemetry | undefined {
  const named = textOf(json, "event_type", "action", "event.action", "kind", "type");
  const address = canonicalAddress(textOf(json, "addr", "ipv6_address") ?? "");
  if (named !== "ipv6_leak" || address === undefined) return undefined;
  const isLinkLocal = /^fe[89ab]/.test(address) && address.includes(":");
  const maker = isLinkLocal ? makerOf(address) : undefined;
  const said = textOf(json, "iid_kind") ?? "unknown";
  const kind = maker === undefined ? (INTERFACES.includes(said) ? said : "unknown") : "eui64";
  const vector = textOf(json, "vector") ?? "";
  return {
    kind: "network",
    action: "network.ipv6_leak",
    category: "ipv6_leak",
    severity: "medium",
    renamed: { src_ip: textOf(json, "attacker_v4", "src_ip"), timestamp: textOf(json, "timestamp", "observed_at") },
    ecs: {
      "ipv6.leak.address": isLinkLocal ? address : undefined,
      "ipv6.leak.link_local": isLinkLocal,
      "ipv6.leak.interface_id": kind,
      "ipv6.leak.mac_oui": maker,
      "ipv6.leak.vector": VECTORS.includes(vector) ? vector : undefined,
    },
  };
}
