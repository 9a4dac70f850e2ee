import type { StreamEvent } from "#collect";
import type { IndicatorKind } from "./answer.ts";

export type Indicator = Readonly<{ kind: IndicatorKind; value: string }>;

const FINGERPRINTS: readonly (readonly [kind: IndicatorKind, alias: string])[] = [
  ["ja3", "tls.client.ja3"],
  ["ja4", "tls.client.ja4"],
  ["ja4", "quic.client.ja4"],
  ["ja4h", "http.ja4h"],
  ["hassh", "ssh.hassh"],
  ["jarm", "tls.server.jarm"],
];
const SHA256 = /^[0-9a-f]{64}$/;
const FINGERPRINT = /^[0-9a-z_]{16,128}$/;
const HASHES_MAX = 64;

function texts(value: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.slice(0, HASHES_MAX).flatMap((one) => (typeof one === "string" ? [one.toLowerCase()] : []));
}

/** What of an event stands in lists: its source, its files, its fingerprints. Aliases only, never what a line named so. */
export function indicatorsOf({ src, ecs }: Pick<StreamEvent, "src" | "ecs">): readonly Indicator[] {
  const hashes = [...texts(ecs["file.hash.sha256"]), ...texts(ecs["email.attachment.sha256"])];
  return [
    ...(src === null ? [] : [{ kind: "ip", value: src.ip } as const]),
    ...hashes.filter((hash) => SHA256.test(hash)).map((value): Indicator => ({ kind: "sha256", value })),
    ...FINGERPRINTS.flatMap(([kind, alias]) =>
      texts(ecs[alias])
        .filter((value) => FINGERPRINT.test(value))
        .map((value): Indicator => ({ kind, value })),
    ),
  ];
}
