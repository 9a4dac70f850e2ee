import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Files that take twenty seconds and more. Begun last, one of them would run alone while the other cores wait. */
const SLOWEST = [
  "server/test/kill.test.ts",
  "web/test/screens.test.ts",
  "server/test/enforcement.test.ts",
  "cli/test/commands.test.ts",
  "web/test/journeys.test.ts",
  "server/test/start.test.ts",
  "web/test/duties.test.ts",
  "test/journeys/witness.test.ts",
  "audit/kill.db.test.ts",
  "detect/detect.db.test.ts",
  "detect/stage-kill.db.test.ts",
  "audit/pruning/pruning.db.test.ts",
  "database/database.db.test.ts",
  "audit/audit.db.test.ts",
  "audit/witnesses.db.test.ts",
];

/** Journeys have a process per file; files of the others share one for as long as the next is of the same project. */
const PROJECTS = ["journey", "database-alone", "database", "unit"];

const projectRank = ({ project }: TestSpecification): number => PROJECTS.indexOf(project.name);

const rank = ({ moduleId }: TestSpecification): number => {
  const place = SLOWEST.findIndex((name) => moduleId.endsWith(name));
  return place === -1 ? SLOWEST.length : place;
};

/** Project by project, the shortest files last of all; in each the slowest begin first, the others as Vitest would have them. */
export class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => projectRank(a) - projectRank(b) || rank(a) - rank(b));
  }
}
