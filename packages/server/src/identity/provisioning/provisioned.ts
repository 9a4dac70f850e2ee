import type { GroupId, Role, SubjectId } from "@tyr/contract";
import type { Provider } from "../federation/provider.ts";

export type Email = Readonly<{ value: string; type?: string; primary?: boolean }>;
/** What a provider tells of a person beyond who they are; shown, never used to decide anything. */
export type Profile = Readonly<{
  displayName?: string;
  name?: Readonly<{ formatted?: string; givenName?: string; familyName?: string }>;
  emails?: readonly Email[];
}>;

/** What a provider may say of a user. `active` is its word; whether the account is open is `isOpen`. */
export type UserWish = Readonly<{
  userName: string;
  /** The provider's own id for the person; with the issuer it is who they are. */
  externalId: string | null;
  active: boolean;
  profile: Profile;
}>;
export type ProvisionedUser = UserWish &
  Readonly<{
    id: SubjectId;
    isOpen: boolean;
    roles: readonly Role[];
    groups: readonly Readonly<{ id: GroupId; displayName: string }>[];
    version: number;
    createdAt: Date;
    changedAt: Date;
  }>;

export type GroupWish = Readonly<{ displayName: string; externalId: string | null; members: readonly string[] }>;
export type ProvisionedGroup = Omit<GroupWish, "members"> &
  Readonly<{
    id: GroupId;
    members: readonly Readonly<{ id: SubjectId; userName: string }>[];
    version: number;
    createdAt: Date;
    changedAt: Date;
  }>;

type Group = Readonly<{ external_id: string | null; display_name: string }>;

/**
 * The roles these groups give, by the table of the provider's settings. A group counts under its own id at the provider
 * where it has one, otherwise under its name: a name that looks like another group's id gives nothing.
 */
export function rolesOfGroups({ roles }: Pick<Provider, "roles">, groups: readonly Group[]): Role[] {
  const given = groups.flatMap(({ external_id, display_name }) => roles.get(external_id ?? display_name) ?? []);
  return [...new Set(given)].toSorted();
}

/** Whether groups there decide the roles here: where no group is mapped, roles are given in Tyr. */
export function mapsRoles(provider: Pick<Provider, "roles"> | undefined): boolean {
  return provider !== undefined && provider.roles.size > 0;
}

/** Frees a login name for whoever has it next; the end of the random id keeps two leavers of one name apart. */
export function nameOfLeaver(name: string, id: SubjectId): string {
  return `${name.slice(0, 60)}.left-${id.slice(-12)}`;
}

/** The same profile with its members in one order, so that two can be compared as text: the database keeps none. */
export function orderedProfile({ displayName, name, emails }: Profile): Profile {
  const { formatted, givenName, familyName } = name ?? {};
  const ordered = {
    ...(formatted === undefined ? {} : { formatted }),
    ...(givenName === undefined ? {} : { givenName }),
    ...(familyName === undefined ? {} : { familyName }),
  };
  return {
    ...(displayName === undefined ? {} : { displayName }),
    ...(Object.keys(ordered).length === 0 ? {} : { name: ordered }),
    ...(emails === undefined || emails.length === 0
      ? {}
      : {
          emails: emails.map(({ value, type, primary }) => ({
            value,
            ...(type === undefined ? {} : { type }),
            ...(primary === true ? { primary } : {}),
          })),
        }),
  };
}

/** Names of attributes whose values differ, for the log, which holds no values. */
export function changedAttributes(before: UserWish, after: UserWish): readonly string[] {
  const parts = (wish: UserWish): Readonly<Record<string, unknown>> => ({
    userName: wish.userName,
    externalId: wish.externalId,
    active: wish.active,
    displayName: wish.profile.displayName,
    name: wish.profile.name,
    emails: wish.profile.emails,
  });
  const [old, now] = [parts(before), parts(after)];
  return Object.keys(now).filter((name) => JSON.stringify(old[name]) !== JSON.stringify(now[name]));
}
