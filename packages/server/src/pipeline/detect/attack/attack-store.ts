import type { Actor } from "@tyr/contract";
import type { JSONColumnType } from "kysely";
import type { ReadDatabase, WriteTransaction } from "#platform/database";
import type { AttackRelease } from "./attack-release.ts";

/** Who loaded it: an id alone, so that nobody's name has to be erased here. */
type Loader = Pick<Actor, "kind" | "id">;

declare module "#platform/tables" {
  interface Tables {
    attack_bundle: {
      domain: string;
      release: string;
      sha256: string;
      compact: JSONColumnType<AttackRelease>;
      loaded_at: Date;
      loaded_by: JSONColumnType<Loader>;
    };
  }
}

/** A release somebody loaded. */
export type LoadedRelease = Readonly<{ attack: AttackRelease; sha256: string; loadedAt: Date; loadedBy: Loader }>;

export async function loadedReleases(db: ReadDatabase): Promise<readonly LoadedRelease[]> {
  const rows = await db.selectFrom("attack_bundle").selectAll().orderBy("domain").execute();
  return rows.map(({ compact, sha256, loaded_at: loadedAt, loaded_by: loadedBy }) => {
    return { attack: inOrder(compact), sha256, loadedAt, loadedBy };
  });
}

/** Which releases somebody loaded, without what is in them. */
export async function namesOfLoaded(db: ReadDatabase): Promise<readonly string[]> {
  const rows = await db.selectFrom("attack_bundle").select(["domain", "release", "sha256"]).execute();
  return rows.map(nameOfLoaded);
}

/** Another one is another bundle, or another release of the same name. */
export function nameOfLoaded({ domain, release, sha256 }: Record<"domain" | "release" | "sha256", string>): string {
  return `${domain} ${release} ${sha256}`;
}

/** jsonb forgets the order of keys, and the order of the tactics is that of the matrix. */
type Ordered = AttackRelease & Readonly<{ tacticOrder?: readonly string[] }>;

function inOrder({ tacticOrder = [], ...attack }: Ordered): AttackRelease {
  const place = new Map(tacticOrder.map((short, index) => [short, index]));
  const tactics = Object.entries(attack.tactics).toSorted(([a], [b]) => (place.get(a) ?? 0) - (place.get(b) ?? 0));
  const sorted = <T>(table: Readonly<Record<string, T>>): Readonly<Record<string, T>> =>
    Object.fromEntries(Object.entries(table).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  const { techniques, groups } = attack;
  return { ...attack, tactics: Object.fromEntries(tactics), techniques: sorted(techniques), groups: sorted(groups) };
}

export async function putRelease(tx: WriteTransaction, { attack, ...loaded }: LoadedRelease): Promise<void> {
  const ordered: Ordered = { ...attack, tacticOrder: Object.keys(attack.tactics) };
  const row = {
    release: attack.release,
    sha256: loaded.sha256,
    compact: JSON.stringify(ordered),
    loaded_at: loaded.loadedAt,
    loaded_by: JSON.stringify(loaded.loadedBy),
  };
  await tx
    .insertInto("attack_bundle")
    .values({ domain: attack.domain, ...row })
    .onConflict((conflict) => conflict.column("domain").doUpdateSet(row))
    .execute();
}

export async function removeRelease(tx: WriteTransaction, domain: string): Promise<void> {
  await tx.deleteFrom("attack_bundle").where("domain", "=", domain).execute();
}
