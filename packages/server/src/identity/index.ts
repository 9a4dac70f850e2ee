export { anonymous, serviceCaller, type Caller, type KeyCheck } from "./caller.ts";
export type { AccessEnd, AccessKind, EndAccess, Ended } from "./end-access.ts";
export { createDuties, type Duties } from "./duties/index.ts";
export { createFederation, readProviders, type Federation } from "./federation/index.ts";
export { SESSION_LIFE_SECONDS } from "./session-rules.ts";
export { createIdentity, type Identity, type IdentityDeps } from "./create-identity.ts";
export { openKnownPasswords } from "./known-passwords.ts";
export { createKeys, holdsKey, looksLikeKey, type ApiKeyCheck, type KeyMaker, type Keys } from "./keys/index.ts";
export { accountNamed, listDeciders, permissionsNow } from "./deciders.ts";
export { retainedSessions } from "./retained-store.ts";
export { accountEraser } from "./erase-store.ts";
export { checkPasskeyRules } from "./passkeys/relying-party.ts";
export type { Own } from "./prove.ts";
export { createReviews, digestOfReport, type ReviewRequests, type Reviews } from "./reviews/index.ts";
export {
  createProvisioning,
  MEMBERS_MAX,
  SEARCHED_MAX,
  type Email,
  type GroupPlace,
  type GroupWish,
  type Profile,
  type ProvisionedGroup,
  type ProvisionedUser,
  type Provisioning,
  type ProvisioningClient,
  type Target,
  type UserPlace,
  type UserWish,
} from "./provisioning/index.ts";
export { createRoles, type Roles } from "./roles/index.ts";
export { lockActiveSubject } from "./store.ts";
export {
  createTokens,
  holdsAccessToken,
  JWKS_KEPT_SECONDS,
  looksLikeToken,
  type TokenCheck,
  type Tokens,
} from "./tokens/index.ts";
export { operatorAddresses } from "./operator-addresses.ts";
export type { SetUp } from "./set-up.ts";
export type { Origin, SignedIn } from "./sign-in.ts";
export type { Administrator } from "./users.ts";
