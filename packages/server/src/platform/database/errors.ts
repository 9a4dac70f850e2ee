/** The database cannot be brought to this version. Rolled back as a whole; nothing has been served. */
export class MigrationFailed extends Error {
  override readonly name = "MigrationFailed";
  readonly code = "MIGRATION_FAILED";
}

/** The database was written by a newer version, or by other migrations under the same numbers. */
export class DatabaseNewer extends Error {
  override readonly name = "DatabaseNewer";
  readonly code = "DATABASE_NEWER";
}

/** Another process has the data directory open. Two writers would destroy it. */
export class DataDirectoryLocked extends Error {
  override readonly name = "DataDirectoryLocked";
  readonly code = "DATA_DIRECTORY_LOCKED";
}

/** The engine does not answer: its thread ended or the connection was refused. */
export class DatabaseUnavailable extends Error {
  override readonly name = "DatabaseUnavailable";
  readonly code = "DATABASE_UNAVAILABLE";
}

/** The data directory cannot be made, written or locked. */
export class DataDirectoryUnusable extends Error {
  override readonly name = "DataDirectoryUnusable";
  readonly code = "DATA_DIRECTORY_UNUSABLE";
}

/** What the embedded engine finds in its folder does not open. Nothing of it was changed by us. */
export class DatabaseDamaged extends Error {
  override readonly name = "DatabaseDamaged";
  readonly code = "DATABASE_DAMAGED";
}
