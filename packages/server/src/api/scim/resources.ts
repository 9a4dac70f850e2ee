import { ok, type Result } from "@tyr/contract";
import type { Email, GroupWish, Profile, ProvisionedGroup, ProvisionedUser, UserWish } from "#identity";
import { GROUP, USER, type Kind } from "./attributes.ts";
import { booleanOf, type Json, type Resource } from "./match.ts";
import { invalid, type Document } from "./patch.ts";

const LOGIN_NAME = /^[a-zA-Z0-9][a-zA-Z0-9._@-]{0,79}$/;
const TEXT_MAX = 200;
const EMAIL_MAX = 320;
const EMAILS_MAX = 10;

export function etagOf(version: number): string {
  return `W/"${version}"`;
}

type Dated = Readonly<{ id: string; version: number; createdAt: Date; changedAt: Date }>;

function metaOf({ name, endpoint }: Kind, { id, version, createdAt, changedAt }: Dated, base: string): Document {
  return {
    resourceType: name,
    created: createdAt.toISOString(),
    lastModified: changedAt.toISOString(),
    location: `${base}${endpoint}/${id}`,
    version: etagOf(version),
  };
}

/** The writable part of a user, as patches see it. */
export function userDocument({ userName, externalId, active, profile }: UserWish): Document {
  return {
    userName,
    active,
    ...(externalId === null ? {} : { externalId }),
    ...(profile.displayName === undefined ? {} : { displayName: profile.displayName }),
    ...(profile.name === undefined ? {} : { name: profile.name }),
    ...(profile.emails === undefined ? {} : { emails: profile.emails.map((email) => ({ ...email })) }),
  };
}

/** `active` is whether the account is open: what the provider said, unless it was disabled here besides. */
export function userResource(user: ProvisionedUser, base: string): Resource {
  return {
    schemas: [USER.schema],
    id: user.id,
    ...userDocument(user),
    active: user.isOpen,
    groups: user.groups.map(({ id, displayName }) => ({
      value: id,
      $ref: `${base}/Groups/${id}`,
      display: displayName,
    })),
    meta: metaOf(USER, user, base),
  };
}

export function groupDocument({ displayName, externalId, members }: GroupWish): Document {
  const list = members.map((value) => ({ value }));
  return { displayName, ...(externalId === null ? {} : { externalId }), members: list };
}

export function groupResource(group: ProvisionedGroup, base: string): Resource {
  return {
    schemas: [GROUP.schema],
    id: group.id,
    displayName: group.displayName,
    ...(group.externalId === null ? {} : { externalId: group.externalId }),
    members: group.members.map(({ id, userName }) => ({
      value: id,
      $ref: `${base}/Users/${id}`,
      display: userName,
      type: "User",
    })),
    meta: metaOf(GROUP, group, base),
  };
}

function textIn(document: Document, name: string, charsMax = TEXT_MAX): Result<string | undefined> {
  const value = Object.hasOwn(document, name) ? document[name] : undefined;
  if (value === undefined || value === "") return ok(undefined);
  if (typeof value === "string" && value.length <= charsMax) return ok(value);
  return invalid("invalidValue", `${name} is text of at most ${charsMax} characters`);
}

/** Several texts of one document, those that are there. */
function textsIn<K extends string>(document: Document, names: readonly K[]): Result<Partial<Record<K, string>>> {
  const texts: Partial<Record<K, string>> = {};
  for (const name of names) {
    const text = textIn(document, name);
    if (!text.ok) return text;
    if (text.value !== undefined) texts[name] = text.value;
  }
  return ok(texts);
}

function emailOf(given: Json): Result<Email> {
  const email = given as Document;
  const value = textIn(email, "value", EMAIL_MAX);
  if (!value.ok) return value;
  if (value.value === undefined) return invalid("invalidValue", "an e-mail address has a value");
  const type = textIn(email, "type");
  if (!type.ok) return type;
  const primary = booleanOf(email["primary"]) === true;
  return ok({
    value: value.value,
    ...(type.value === undefined ? {} : { type: type.value }),
    ...(primary ? { primary } : {}),
  });
}

function emailsOf(given: Json): Result<readonly Email[]> {
  if (given === undefined) return ok([]);
  const list = given as readonly Json[];
  if (list.length > EMAILS_MAX) return invalid("tooMany", `at most ${EMAILS_MAX} e-mail addresses`);
  const emails: Email[] = [];
  for (const one of list) {
    const email = emailOf(one);
    if (!email.ok) return email;
    emails.push(email.value);
  }
  return ok(emails);
}

function profileOf(document: Document): Result<Profile> {
  const shown = textIn(document, "displayName");
  if (!shown.ok) return shown;
  const name = textsIn((document["name"] ?? {}) as Document, ["formatted", "givenName", "familyName"]);
  if (!name.ok) return name;
  const emails = emailsOf(document["emails"]);
  if (!emails.ok) return emails;
  return ok({
    ...(shown.value === undefined ? {} : { displayName: shown.value }),
    ...(Object.keys(name.value).length === 0 ? {} : { name: name.value }),
    ...(emails.value.length === 0 ? {} : { emails: emails.value }),
  });
}

/**
 * What a provider wants of a user. What a request does not say stays: leaving `active` out opens and closes nobody, and
 * who somebody is at the provider is not forgotten.
 */
export function readUser(document: Document, current: UserWish | undefined): Result<UserWish> {
  const { userName } = document;
  if (typeof userName !== "string" || !LOGIN_NAME.test(userName))
    return invalid("invalidValue", "userName is 1 to 80 letters, digits and . _ @ -, first a letter or a digit");
  const externalId = textIn(document, "externalId");
  if (!externalId.ok) return externalId;
  const said = document["active"];
  const active = said === undefined ? (current?.active ?? true) : booleanOf(said);
  if (active === undefined) return invalid("invalidValue", "active is true or false");
  const profile = profileOf(document);
  if (!profile.ok) return profile;
  return ok({ userName, externalId: externalId.value ?? current?.externalId ?? null, active, profile: profile.value });
}

export function readGroup(document: Document, current: GroupWish | undefined): Result<GroupWish> {
  const displayName = textIn(document, "displayName");
  if (!displayName.ok) return displayName;
  if (displayName.value === undefined) return invalid("invalidValue", "a group has a displayName");
  const externalId = textIn(document, "externalId");
  if (!externalId.ok) return externalId;
  const members: string[] = [];
  for (const one of (document["members"] ?? []) as readonly Document[]) {
    const { value } = one;
    if (typeof value !== "string") return invalid("invalidValue", "a member has a value: the id of a user");
    members.push(value);
  }
  return ok({ displayName: displayName.value, externalId: externalId.value ?? current?.externalId ?? null, members });
}
