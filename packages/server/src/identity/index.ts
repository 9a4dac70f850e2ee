export { anonymous, serviceCaller, type Caller, type KeyCheck } from "./caller.ts";
export { SESSION_LIFE_SECONDS } from "./session-rules.ts";
export { createIdentity, type Identity, type IdentityDeps, type Own } from "./create-identity.ts";
export { createKeys, holdsKey, looksLikeKey, type ApiKeyCheck, type KeyMaker, type Keys } from "./keys/index.ts";
export { eraseAccount } from "./erase-store.ts";
export { operatorAddresses } from "./operator-addresses.ts";
export type { SetUp } from "./set-up.ts";
export type { Origin, SignedIn } from "./sign-in.ts";
export type { Administrator } from "./users.ts";
