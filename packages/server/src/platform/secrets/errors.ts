/** The file of key-encryption keys is missing, readable by others, malformed, or not the one this database was sealed with. */
export class KeyringUnusable extends Error {
  override readonly name = "KeyringUnusable";
  readonly code = "KEYRING_UNUSABLE";
}

/** A sealed secret does not open: its bytes were altered, or it was moved from another place. Never retried. */
export class SecretUnreadable extends Error {
  override readonly name = "SecretUnreadable";
  readonly code = "SECRET_UNREADABLE";
}
