import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Files that take half a minute and more. Begun last, one of them would run alone while the other cores wait. */
const SLOWEST = [
  "server/test/kill.test.ts",
  "audit/kill.db.test.ts",
  "detect/stage-kill.db.test.ts",
  "server/test/enforcement.test.ts",
  "test/journeys/witness.test.ts",
  "web/test/screens.test.ts",
  "test/journeys/single-sign-on.test.ts",
  "audit/pruning/pruning.db.test.ts",
  "database/database.db.test.ts",
  "detect/detect.db.test.ts",
  "audit/witnesses.db.test.ts",
  "audit/audit.db.test.ts",
  "pruning/prune-kill.db.test.ts",
];

const rank = ({ moduleId }: TestSpecification): number => {
  const place = SLOWEST.findIndex((name) => moduleId.endsWith(name));
  return place === -1 ? SLOWEST.length : place;
};

/** The slowest files begin first; the others as Vitest would have them. */
export class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => rank(a) - rank(b));
  }
}
