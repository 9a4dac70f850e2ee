export { createSecrets, type KeyState, type Secrets } from "./create-secrets.ts";
export { decrypt, encrypt, KEY_BYTES, type Place } from "./envelope.ts";
export { KeyringUnusable, SecretUnreadable } from "./errors.ts";
export { openKeyRotation, type KeyRotation } from "./rotation.ts";
