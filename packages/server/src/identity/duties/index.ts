import type {
  DutyConflicts,
  DutyException,
  DutyExceptionGrant,
  DutyPairAdd,
  DutyPairView,
  Result,
} from "@tyr/contract";
import type { Administrator } from "../users.ts";
import { readStanding } from "./conflicts.ts";
import { endException, grantException } from "./exceptions.ts";
import { addPair, takePairAway, type DutyDeps } from "./pairs.ts";
import { conflictsView } from "./views.ts";

/** What one person must not hold together. Refusals are named at the functions that give them. */
export type Duties = Readonly<{
  conflicts(): Promise<DutyConflicts>;
  addPair(body: DutyPairAdd, by: Administrator): Promise<Result<DutyPairView>>;
  removePair(id: string, by: Administrator): Promise<Result<undefined>>;
  except(body: DutyExceptionGrant, by: Administrator): Promise<Result<DutyException>>;
  endException(id: string, by: Administrator): Promise<Result<undefined>>;
}>;

export function createDuties(deps: DutyDeps): Duties {
  return {
    conflicts: async () => conflictsView(await readStanding(deps.database.read, deps.clock.now())),
    addPair: async (body, by) => await addPair(deps, body, by),
    removePair: async (id, by) => await takePairAway(deps, id, by),
    except: async (body, by) => await grantException(deps, body, by),
    endException: async (id, by) => await endException(deps, id, by),
  };
}
