import type {
  ApiKey,
  ApiKeyMade,
  KeyCreate,
  KeyRotate,
  Result,
  ServiceAccount,
  ServiceAccountChange,
  ServiceAccountCreate,
  SubjectId,
} from "@tyr/contract";
import { createKeyCheck, type KeyChecks } from "./key-check.ts";
import { createOwnKey, createServiceKey, keyList, revokeKey, rotateKey, type KeyDeps, type KeyMaker } from "./keys.ts";
import { changeServiceAccount, createServiceAccount, serviceAccountList } from "./service-accounts.ts";

export type { ApiKeyCheck } from "./key-check.ts";
export { holdsKey, looksLikeKey } from "./key-format.ts";
export type { KeyMaker } from "./keys.ts";

/** API keys of people and of service accounts. Refusals are named at the functions that give them. */
export type Keys = KeyChecks &
  Readonly<{
    list(of: SubjectId | "everybody"): Promise<readonly ApiKey[]>;
    create(body: KeyCreate, by: KeyMaker): Promise<Result<ApiKeyMade>>;
    createFor(service: Readonly<{ id: string; body: KeyCreate }>, by: KeyMaker): Promise<Result<ApiKeyMade>>;
    rotate(key: Readonly<{ id: string; body: KeyRotate }>, by: KeyMaker): Promise<Result<ApiKeyMade>>;
    revoke(id: string, by: KeyMaker): Promise<Result<ApiKey>>;
    listServices(): Promise<readonly ServiceAccount[]>;
    createService(body: ServiceAccountCreate, by: KeyMaker): Promise<Result<ServiceAccount>>;
    changeService(
      service: Readonly<{ id: string; change: ServiceAccountChange }>,
      by: KeyMaker,
    ): Promise<Result<ServiceAccount>>;
  }>;

export function createKeys(deps: KeyDeps): Keys {
  return {
    ...createKeyCheck(deps),
    list: async (of) => await keyList(deps, of),
    create: async (body, by) => await createOwnKey(deps, body, by),
    createFor: async (service, by) => await createServiceKey(deps, service, by),
    rotate: async (key, by) => await rotateKey(deps, key, by),
    revoke: async (id, by) => await revokeKey(deps, id, by),
    listServices: async () => await serviceAccountList(deps),
    createService: async (body, by) => await createServiceAccount(deps, body, by),
    changeService: async (service, by) => await changeServiceAccount(deps, service, by),
  };
}
