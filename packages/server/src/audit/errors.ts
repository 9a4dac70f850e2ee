/** What is stored does not continue what was signed. Never retried, nothing is signed any more: keep everything as evidence. */
export class AuditDiverged extends Error {
  override readonly name = "AuditDiverged";
  readonly code = "AUDIT_DIVERGED";
}

/** A fact that cannot stand in the log: too large, a fraction, broken Unicode. The change it belongs to did not happen. */
export class AuditFactRefused extends Error {
  override readonly name = "AuditFactRefused";
  readonly code = "AUDIT_FACT_REFUSED";
}
