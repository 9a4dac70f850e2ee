/** What is kept of a resource, by lower-case names: the table filters, patches and the schema endpoint share. */
export type Attribute = Readonly<{
  name: string;
  type: "string" | "boolean" | "dateTime" | "reference" | "complex";
  multiValued?: boolean;
  caseExact?: boolean;
  required?: boolean;
  mutability?: "readOnly" | "readWrite" | "immutable";
  uniqueness?: "none" | "server";
  returned?: "always" | "default";
  about: string;
  /** Parts of a complex attribute. */
  parts?: Attributes;
}>;
export type Attributes = Readonly<Record<string, Attribute>>;

export type Kind = Readonly<{
  name: "User" | "Group";
  endpoint: "/Users" | "/Groups";
  schema: string;
  about: string;
  attributes: Attributes;
  /** Of RFC 7643, sent by providers and not kept: nothing here needs them. They are ignored, anything else is an error. */
  ignored: ReadonlySet<string>;
}>;

const META: Attribute = {
  name: "meta",
  type: "complex",
  mutability: "readOnly",
  about: "when it was made and changed, and its version",
  parts: {
    resourcetype: {
      name: "resourceType",
      type: "string",
      caseExact: true,
      mutability: "readOnly",
      about: "User or Group",
    },
    created: { name: "created", type: "dateTime", mutability: "readOnly", about: "when it was made" },
    lastmodified: { name: "lastModified", type: "dateTime", mutability: "readOnly", about: "when it last changed" },
    location: { name: "location", type: "reference", caseExact: true, mutability: "readOnly", about: "its address" },
    version: { name: "version", type: "string", caseExact: true, mutability: "readOnly", about: "its ETag" },
  },
};
const COMMON: Attributes = {
  schemas: {
    name: "schemas",
    type: "string",
    multiValued: true,
    caseExact: true,
    returned: "always",
    about: "its schema",
  },
  id: {
    name: "id",
    type: "string",
    caseExact: true,
    mutability: "readOnly",
    returned: "always",
    uniqueness: "server",
    about: "its id here",
  },
  externalid: {
    name: "externalId",
    type: "string",
    caseExact: true,
    uniqueness: "server",
    about: "its id at the provider",
  },
  meta: META,
};

const text = (name: string, about: string): Attribute => ({ name, type: "string", about });

export const USER: Kind = {
  name: "User",
  endpoint: "/Users",
  schema: "urn:ietf:params:scim:schemas:core:2.0:User",
  about: "Somebody who may sign in through the identity provider",
  attributes: {
    ...COMMON,
    username: {
      ...text("userName", "the login name: letters, digits and . _ @ -, at most 80"),
      required: true,
      uniqueness: "server",
    },
    displayname: text("displayName", "shown in lists"),
    name: {
      name: "name",
      type: "complex",
      about: "the person's name",
      parts: {
        formatted: text("formatted", "the whole name"),
        givenname: text("givenName", "first name"),
        familyname: text("familyName", "last name"),
      },
    },
    active: { name: "active", type: "boolean", about: "false ends every access at once" },
    emails: {
      name: "emails",
      type: "complex",
      multiValued: true,
      about: "shown in lists; nobody is known by them",
      parts: {
        value: text("value", "the address"),
        type: text("type", "such as work"),
        primary: { name: "primary", type: "boolean", about: "the one to use" },
      },
    },
    groups: {
      name: "groups",
      type: "complex",
      multiValued: true,
      mutability: "readOnly",
      about: "the groups the user is in",
      parts: {
        value: { ...text("value", "id of the group"), caseExact: true, mutability: "readOnly" },
        display: { ...text("display", "name of the group"), mutability: "readOnly" },
        $ref: { name: "$ref", type: "reference", caseExact: true, mutability: "readOnly", about: "its address" },
      },
    },
  },
  ignored: new Set([
    "nickname",
    "profileurl",
    "title",
    "usertype",
    "preferredlanguage",
    "locale",
    "timezone",
    "password",
    "phonenumbers",
    "ims",
    "photos",
    "addresses",
    "entitlements",
    "roles",
    "x509certificates",
  ]),
};

export const GROUP: Kind = {
  name: "Group",
  endpoint: "/Groups",
  schema: "urn:ietf:params:scim:schemas:core:2.0:Group",
  about: "People who have the same roles here",
  attributes: {
    ...COMMON,
    displayname: { ...text("displayName", "the name of the group"), required: true, uniqueness: "server" },
    members: {
      name: "members",
      type: "complex",
      multiValued: true,
      about: "users of the same provider",
      parts: {
        value: { ...text("value", "id of the user"), caseExact: true, mutability: "immutable" },
        display: { ...text("display", "login name of the user"), mutability: "readOnly" },
        type: { ...text("type", "User"), mutability: "immutable" },
        $ref: { name: "$ref", type: "reference", caseExact: true, mutability: "immutable", about: "its address" },
      },
    },
  },
  ignored: new Set(),
};

/** Parts of `name` and `emails` that RFC 7643 has and nobody here needs. */
export const IGNORED_PARTS: ReadonlySet<string> = new Set([
  "middlename",
  "honorificprefix",
  "honorificsuffix",
  "display",
]);

export function attributeOf(attributes: Attributes | undefined, name: string): Attribute | undefined {
  return attributes !== undefined && Object.hasOwn(attributes, name) ? attributes[name] : undefined;
}
