import { refuse, type Refused } from "@tyr/contract";
import type { Clock } from "#platform/clock";
import type { Database } from "#platform/database";
import type { EndAccess } from "../end-access.ts";
import type { Provider } from "../federation/provider.ts";
import type { Administrator } from "../users.ts";

export type ProvisioningDeps = Readonly<{
  database: Database;
  clock: Clock;
  endAccess: EndAccess;
  /** Those of the settings of sign-in. */
  providers: readonly Provider[];
  /** Tells connections of these people that their rights changed. */
  rightsChanged: (subjectIds: readonly string[]) => Promise<void>;
}>;

/** Who provisions: the service account for the log, and the issuer whose people are the only ones it sees. */
export type ProvisioningClient = Readonly<{
  by: Administrator;
  issuer: string;
  /** What its groups give; undefined where no sign-in through other systems is configured. */
  provider: Provider | undefined;
}>;

/** `ifVersion`: change only one of these versions; undefined changes any. */
export type Target = Readonly<{ id: string; ifVersion?: readonly number[] | undefined }>;

/** Most people or groups of one issuer that a filter beyond id, name and externalId looks through. */
export const SEARCHED_MAX = 20_000;
/** Most members of a group. */
export const MEMBERS_MAX = 5_000;

export function refuseVersion({ ifVersion }: Target, version: number): Refused | undefined {
  if (ifVersion === undefined || ifVersion.includes(version)) return undefined;
  return refuse("VERSION_CHANGED", `it is at version ${version} now`);
}

/** Two of one provider would be one: RFC 7644 section 3.3 calls it `uniqueness`. */
export function taken(what: string): Refused {
  return refuse("NAME_TAKEN", `${what} is somebody else's here`, { scimType: "uniqueness" });
}
