import { CRITICALITIES } from "@tyr/contract";
import type { ReadDatabase } from "#platform/database";
import type { Prefix } from "../address.ts";
import { assetsTouchedBy, type StoredAsset } from "./store.ts";

/** What policies may know about the assets a target overlaps, in either direction. */
export type TouchedAssets = Readonly<{
  /** How many. */
  reach: number;
  /** Of the most critical one, 1 (low) to 4 (critical); 0: none is touched. */
  criticality: number;
  /** One of them is in production. */
  production: boolean;
  /** All groups they are in, sorted. */
  groups: readonly string[];
}>;
export const NOTHING_TOUCHED: TouchedAssets = { reach: 0, criticality: 0, production: false, groups: [] };

/** All of these are touched. */
export function touchedOf(
  assets: readonly Pick<StoredAsset, "criticality" | "environment" | "groups">[],
): TouchedAssets {
  return {
    reach: assets.length,
    criticality: Math.max(0, ...assets.map(({ criticality }) => CRITICALITIES.indexOf(criticality) + 1)),
    production: assets.some(({ environment }) => environment === "production"),
    groups: [...new Set(assets.flatMap(({ groups }) => groups))].toSorted(),
  };
}

export async function touchedBy(db: ReadDatabase, target: Prefix): Promise<TouchedAssets> {
  return touchedOf(await assetsTouchedBy(db, target));
}
