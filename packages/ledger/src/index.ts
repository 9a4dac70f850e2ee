export { canonicalBytes, canonicalize, type CanonicalOptions } from "./canonical-json.ts";
export { parseJson, type ParsedJson } from "./parse-json.ts";
export { ledgerAdvice, type LedgerCode, LedgerError, type Refusal, type Result } from "./errors.ts";
export { checkDisclosure, commitTo, type Disclosure, saltBytes } from "./commitment.ts";
export { type EntryFields, fieldOf, readEntry } from "./read-entry.ts";
export { verifyEd25519 } from "./ed25519.ts";
export { sha256 } from "./sha256.ts";
export { emptyRoot, leafHash, nodeHash } from "./tree-hash.ts";
export {
  appendLeaves,
  decodeFrontier,
  emptyFrontier,
  encodeFrontier,
  type Frontier,
  frontierRoot,
  rootOf,
} from "./frontier.ts";
export {
  type ConsistencyClaim,
  type InclusionClaim,
  type NodeReader,
  proveConsistency,
  proveInclusion,
  verifyConsistency,
  verifyInclusion,
} from "./proof.ts";
export {
  asCosignatureVerifier,
  formatVerifierKey,
  generateSigningKey,
  type KeySigner,
  type NoteSigner,
  type NoteVerifier,
  openCosigningKey,
  openSigningKey,
  parseVerifierKey,
} from "./note-key.ts";
export {
  addSignatures,
  type NoteSignature,
  type OpenedNote,
  openNote,
  signNote,
  type VerifiedSignature,
} from "./signed-note.ts";
export {
  type Checkpoint,
  formatCheckpointBody,
  makeCheckpoint,
  openCheckpoint,
  parseCheckpointBody,
  type SignedCheckpoint,
} from "./checkpoint.ts";
export { append, type Appended, assertEntrySize, entrySizeBytesMax } from "./sequencer.ts";
export {
  addressesOfLevel,
  edgeAddresses,
  entriesPath,
  type BundleAddress,
  levelsOf,
  type LogPath,
  parseLogPath,
  type TileAddress,
  tilePath,
  tilesOfLevel,
  tileWidth,
} from "./tile-path.ts";
export { decodeBundle, encodeBundle } from "./entry-bundle.ts";
export {
  emptyEdge,
  frontierOfEdge,
  growTiles,
  hashesOfTile,
  type Tile,
  type TileEdge,
  tileNodeReader,
} from "./tile.ts";
export { makePrunedStatement, openPrunedStatement, prunedPath, type PrunedRange } from "./pruned.ts";
export { buildExport, type ExportFile, type ExportManifest, type ExportRequest, parseManifest } from "./export-log.ts";
export { type EntryRange } from "./audit-tiles.ts";
export { verifyExport, type VerifyProblem, type VerifyReport, type VerifyRequest } from "./verify-export.ts";
export { formatTlogProof, parseTlogProof, type TlogProof, verifyTlogProof } from "./tlog-proof.ts";
export {
  type Cosignature,
  meetsQuorum,
  openByPolicy,
  parseTlogPolicy,
  type PolicyGroup,
  type PolicyVerdict,
  type TlogPolicy,
} from "./tlog-policy.ts";
export {
  cosign,
  decideAddCheckpoint,
  type WitnessDecision,
  type WitnessedFork,
  type WitnessRequest,
  type WitnessState,
} from "./witness.ts";
