import type { Generated } from "kysely";

/**
 * Every table, by name. Each store adds its own by declaration merging, so that only that store names them:
 *
 *     declare module "#platform/tables" { interface Tables { incident: IncidentTable } }
 *
 * Columns: snake_case; instants are `timestamptz` ⇄ Date; counts and positions are `int8` ⇄ number (below 2^53);
 * documents are `jsonb`, read as objects, written as text (`JSON.stringify`).
 */
export interface Tables {
  migration: { version: number; name: string; digest: string; applied_at: Date };
  stream_head: { stream: string; position: number };
  consumer_cursor: { consumer: string; position: number; updated_at: Date };
  audit_intake: { number: Generated<number>; id: string; bytes: Uint8Array };
}
