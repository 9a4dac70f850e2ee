import { Type, type Static } from "typebox";
import { NEVER_BY_ROLE, PERMISSION_NAMES, type CustomRole, type Permission, type Role } from "../permissions.ts";
import { Instant, StorableText } from "./basics.ts";

/** Permissions a custom role can hold. */
export const ROLE_PERMISSIONS: readonly Permission[] = PERMISSION_NAMES.filter(
  (name) => !(NEVER_BY_ROLE as readonly Permission[]).includes(name),
);

export const CustomRoleName = Type.Unsafe<CustomRole>(
  Type.String({
    pattern: "^custom_[a-z][a-z0-9_]{1,40}$",
    description: "custom_ and 2 to 41 letters, digits and _, first a letter",
  }),
);
const Permissions = Type.Array(Type.Unsafe<Permission>(Type.Enum([...ROLE_PERMISSIONS])), {
  minItems: 1,
  maxItems: ROLE_PERMISSIONS.length,
  uniqueItems: true,
});
const About = StorableText(200, { description: "what it is for" });

export const RoleView = Type.Object({
  name: Type.Unsafe<Role>(Type.String()),
  about: Type.String(),
  builtIn: Type.Boolean(),
  permissions: Type.Array(Type.Unsafe<Permission>(Type.String())),
  /** Active users who hold it. */
  holders: Type.Integer(),
  changedAt: Type.Union([Instant, Type.Null()]),
});
export type RoleView = Static<typeof RoleView>;
export const RoleList = Type.Object({ items: Type.Array(RoleView) });
export const RoleCreate = Type.Object(
  { name: CustomRoleName, about: Type.Optional(About), permissions: Permissions },
  { additionalProperties: false },
);
export type RoleCreate = Static<typeof RoleCreate>;
export const RoleChange = Type.Object(
  { about: Type.Optional(About), permissions: Type.Optional(Permissions) },
  { additionalProperties: false },
);
export type RoleChange = Static<typeof RoleChange>;
