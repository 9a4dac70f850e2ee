import { placeBuiltCluster } from "../src/platform/database/testing/built-cluster.ts";
import { temporaryDirectory } from "./server-process.ts";

/**
 * A data directory with an empty, migrated embedded database in it, for journeys about what comes after the first start: building
 * takes a server three seconds of a processor. `start.test.ts`, `kill.test.ts` and `journey.test.ts` begin with nothing.
 */
export async function builtDirectory(): Promise<ReturnType<typeof temporaryDirectory>> {
  const directory = temporaryDirectory();
  await placeBuiltCluster(directory.path);
  return directory;
}
