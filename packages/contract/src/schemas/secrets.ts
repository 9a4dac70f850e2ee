import { Type, type Static } from "typebox";
import { Instant } from "./basics.ts";

/** One key-encryption key, by name: never the key itself. */
export const SecretKey = Type.Object({
  name: Type.String({ description: "purpose, year and number, such as secrets:2026-1" }),
  active: Type.Boolean({ description: "new secrets are sealed under it" }),
  createdAt: Instant,
  secrets: Type.Integer({ description: "secrets under it now; a rotation brings this to 0" }),
  inFile: Type.Boolean({ description: "the server's file of keys has it" }),
});
export type SecretKey = Static<typeof SecretKey>;
export const SecretKeyList = Type.Object({ items: Type.Array(SecretKey) });
export const SecretKeyActivated = Type.Object({ name: Type.String() });
