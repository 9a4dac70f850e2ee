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
