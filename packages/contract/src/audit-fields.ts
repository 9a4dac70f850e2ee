import type { AuditEvent } from "./audit-events.ts";

/**
 * Who may know a field of an audit entry. `public` and `internal` stand in the log in clear; of a `personal` value only
 * a salted commitment does, and the value is kept beside it until its person is erased.
 */
export const FIELD_CLASSES = ["public", "internal", "personal"] as const;
export type FieldClass = (typeof FIELD_CLASSES)[number];
type Fields = Readonly<Record<string, FieldClass>>;

/** What every entry has. The name of an actor is personal only when the actor is a person; ids are random. */
export const ENTRY_FIELDS = {
  v: "public",
  id: "public",
  at: "public",
  type: "public",
  outcome: "public",
  requestId: "internal",
  "origin.client": "public",
  "origin.address": "personal",
  "actor.kind": "public",
  "actor.id": "internal",
  "actor.name": "personal",
  "object.kind": "public",
  "object.id": "internal",
} as const satisfies Fields;

function fields(names: string, as: FieldClass = "internal"): Fields {
  return Object.fromEntries(names.split(" ").map((name) => [name, as]));
}

/** Where somebody was: the address of a person's own device. */
const ADDRESS = fields("details.address", "personal");
const CHANGE = fields("before after");
const none: Fields = {};

/**
 * Moves of actions. Targets are attackers' addresses: what was decided about, so they stay in clear, as do the reasons
 * people write for a decision.
 */
const MOVE: Fields = {
  ...CHANGE,
  ...fields("details.revision details.target details.request_digest details.dry_run_digest details.note"),
  ...fields("details.decision details.policies details.bundle_digest details.approvers details.statement_digest"),
  ...fields("details.block_id details.effect_ends_at details.approved_by details.requirements"),
};
/** What somebody checks a decision by who trusts nobody here: text of ids and reasons, public keys and signatures, in clear. */
const SIGNED: Fields = {
  ...MOVE,
  ...fields("details.statement details.signature_kind details.key_id details.public_key details.signature"),
  ...fields("details.authenticator_data details.client_data"),
};
const BLOCK: Fields = {
  ...fields("after details.value details.origin details.expires_at details.action_id details.reason details.held_by"),
};
const INCIDENT = fields(
  "details.key details.actorIp details.risk details.severity details.detections details.detectionIdsDigest",
);
const RULING = fields("before after details.rung details.with details.reason details.changes");
const BACKFILL = fields(
  "after details.backfill details.ruleVersion details.from details.to details.reason details.detections details.tags details.detectionIdsDigest",
);
const NOTE = fields("before after details.verdict details.note details.characters");
const KEY = fields(
  "before after details.name details.scopes details.owner details.reason details.keysRevoked details.tokensEnded details.of details.networks details.lifeDays details.overlapSeconds details.exceptions details.review",
);
const TOKEN = fields(
  "before after details.client details.scopes details.kid details.jti details.lifeSeconds details.reason",
);
const ROLE = fields("before after details.about details.exceptions");
const REVIEW = fields(
  "before after details.scope details.role details.items details.itemsDigest details.reviewers details.dueAt details.undecided details.everyDays details.review details.of details.reason details.roles details.kept details.revoked details.changed details.left details.gone",
);
const DUTY = fields(
  "before after details.sides details.reason details.control details.pair details.until details.exceptionsEnded",
);
const USER = fields(
  "before after details.roles details.exceptions details.review details.sessionsEnded details.keysRevoked details.decisionsVoided details.tokensEnded details.provider",
);
const IDENTITY = fields("before after details.provider details.sessionsEnded");
const ACTOR_STEP = fields(
  "before after details.acr details.amr details.factor details.reason details.failures details.recoveryCodes details.sessionsEnded",
);
/** Addresses and groups of our own; whom an asset belongs to may be a person. */
const ASSET: Fields = {
  ...CHANGE,
  ...fields("details.name details.addresses details.groups details.criticality details.environment details.reason"),
  ...fields("details.owner", "personal"),
};
/** What people call their devices often names them. */
const PASSKEY: Fields = {
  ...CHANGE,
  ...fields("details.sessionsEnded details.passkey details.publicKey details.decisionsVoided"),
  ...fields("details.name", "personal"),
};
/** The public half stays in clear: it checks what was signed. What people call their machines often names them. */
const APPROVAL_KEY: Fields = {
  ...CHANGE,
  ...fields("details.publicKey details.expiresAt details.decisionsVoided"),
  ...fields("details.name", "personal"),
};
/** What a provider calls somebody is theirs; which attributes it changed is not. */
const PROVISIONED: Fields = {
  ...fields("details.nameBefore details.nameAfter details.externalId", "personal"),
  ...fields("details.attributes details.version"),
};
const GROUP = fields(
  "before after details.provider details.externalId details.version details.added details.removed details.idsSha256",
);
const SCIM_CLIENT = fields(
  "before after details.name details.provider details.key details.networks details.lifeDays details.keysRevoked details.tokensEnded",
);

/** The fields of each kind of entry beyond `ENTRY_FIELDS`, with their class; one that is not here is taken for personal. */
export const AUDIT_FIELDS: Readonly<Record<AuditEvent, Fields>> = {
  "system.started": fields("details.engine details.rules details.policy details.environment"),
  "system.heartbeat": none,
  "setup.completed": { ...fields("after details.roles details.exceptions"), ...ADDRESS },
  "session.created": { ...fields("after details.acr details.amr details.factor"), ...ADDRESS },
  "session.refused": { ...fields("details.reason details.failures details.provider details.factor"), ...ADDRESS },
  "session.ended": fields("before after details.subject"),
  "session.proved": ACTOR_STEP,
  "session.proof_refused": ACTOR_STEP,
  "user.created": { ...USER, ...PROVISIONED },
  "user.locked": ACTOR_STEP,
  "user.unlocked": ACTOR_STEP,
  "user.changed": { ...USER, ...PROVISIONED },
  "user.sign_in_reset": USER,
  "password.changed": ACTOR_STEP,
  "totp.enrolled": ACTOR_STEP,
  "totp.confirmed": ACTOR_STEP,
  "totp.removed": ACTOR_STEP,
  "recovery.renewed": ACTOR_STEP,
  "recovery.used": ACTOR_STEP,
  "approval_key.added": APPROVAL_KEY,
  "approval_key.revoked": APPROVAL_KEY,
  "passkey.added": PASSKEY,
  "passkey.renamed": { ...PASSKEY, ...fields("before after", "personal") },
  "passkey.removed": PASSKEY,
  "passkey.suspected": PASSKEY,
  "role.created": ROLE,
  "role.changed": ROLE,
  "role.deleted": ROLE,
  "duty.pair_added": DUTY,
  "duty.pair_removed": DUTY,
  "duty.excepted": DUTY,
  "duty.exception_ended": DUTY,
  "review.created": REVIEW,
  "review.decided": REVIEW,
  "review.closed": REVIEW,
  "key.created": KEY,
  "key.rotated": KEY,
  "key.revoked": KEY,
  "key.used_elsewhere": { ...fields("before after", "personal"), ...fields("details.name") },
  "key.refused": { ...fields("details.from", "personal"), ...fields("details.name details.reason") },
  "token.issued": TOKEN,
  "token.refreshed": TOKEN,
  "token.reused": TOKEN,
  "token.revoked": TOKEN,
  "token.key_rotated": { ...CHANGE, ...fields("details.algorithm details.signsFrom details.reason details.ended") },
  "service.created": KEY,
  "service.changed": KEY,
  "group.created": GROUP,
  "group.changed": GROUP,
  "group.deleted": GROUP,
  "scim.client_created": SCIM_CLIENT,
  "scim.client_removed": SCIM_CLIENT,
  "identity.linked": IDENTITY,
  "identity.unlinked": IDENTITY,
  "sso.configured": fields("after details.providers details.digest"),
  "secret.key_activated": fields("after details.reason"),
  "access.refused": fields("details.permission details.reason details.times"),
  "sensor.registered": fields("after details.name details.kind details.keyId details.keyEndsAt"),
  "sensor.key_rotated": fields("before after details.keyEndsAt"),
  "sensor.deactivated": CHANGE,
  "event.stored": fields(
    "after details.stored details.firstPosition details.lastPosition details.idsSha256 details.sensors details.unnamed",
  ),
  "event.quarantined": fields("after details.rejected details.idsSha256 details.sensors details.unnamed"),
  "detection.recorded": fields(
    "details.events details.detections details.tags details.detectionIdsDigest details.rulePackDigest",
  ),
  "rule.loaded": {
    ...CHANGE,
    ...fields("details.rules details.rejected details.added details.removed details.changed details.attackRelease"),
  },
  "intel.list_loaded": fields("after details.entries details.rejected details.entriesSha256 details.inForce"),
  "rule.defined": { ...CHANGE, ...fields("details.added details.changed details.removed details.paths") },
  "rule.state_changed": { ...CHANGE, ...fields("details.reason details.until") },
  "actor.clustered": fields("details.rung details.formed details.merged details.unmerged details.changesDigest"),
  "actor.merged": RULING,
  "actor.unmerged": RULING,
  "rule.backfill_started": BACKFILL,
  "rule.backfilled": BACKFILL,
  "rule.backfill_cancelled": BACKFILL,
  "attack.loaded": { ...CHANGE, ...fields("details.sha256 details.techniques details.tactics details.refusedRules") },
  "attack.unloaded": { ...CHANGE, ...fields("details.refusedRules") },
  "incident.opened": INCIDENT,
  "incident.extended": INCIDENT,
  "incident.moved": NOTE,
  "incident.noted": NOTE,
  "incident.assigned": CHANGE,
  "action.created": {
    ...fields("after details.type details.target details.ttl_seconds details.justification details.incident_id"),
    ...fields("details.risk details.connector details.revision details.request_digest details.behind"),
  },
  "action.edited": { ...MOVE, ...fields("details.justification details.ttl_seconds") },
  "action.dry_run": MOVE,
  "action.submitted": { ...MOVE, ...fields("details.deadline_at details.short details.behind") },
  "action.approval_recorded": { ...SIGNED, ...fields("details.not_before details.delegation details.on_behalf_of") },
  "action.break_glass": { ...SIGNED, ...fields("details.break_glass details.ttl_seconds details.deadline_at") },
  "single_person.changed": { ...CHANGE, ...fields("details.reason details.delay_minutes") },
  "single_person.second_approver": { ...CHANGE, ...fields("details.reason") },
  "action.own_approval_counted": MOVE,
  "break_glass.reviewed": { ...CHANGE, ...fields("details.text details.action_id details.used_by") },
  "delegation.created": {
    ...SIGNED,
    ...fields("details.from details.to details.reason details.ends_at details.roles"),
  },
  "delegation.refused": fields("details.code details.detail"),
  "delegation.ended": { ...CHANGE, ...fields("details.from details.to details.reason details.decisionsVoided") },
  "action.rejected": { ...SIGNED, ...fields("details.delegation details.on_behalf_of") },
  "action.approval_withdrawn": SIGNED,
  "action.approval_disbelieved": { ...MOVE, ...fields("details.given") },
  "action.cancelled": MOVE,
  "action.expired": MOVE,
  "action.reopened": MOVE,
  "action.executing": MOVE,
  "action.executed": MOVE,
  "action.failed": MOVE,
  "action.lost": MOVE,
  "action.reverting": MOVE,
  "action.reverted": MOVE,
  "action.revert_failed": MOVE,
  "notification.tested": CHANGE,
  "notification.retried": CHANGE,
  "notification.given_up": { ...CHANGE, ...fields("details.kind details.count details.attempts details.failure") },
  "action.refused": { ...MOVE, ...fields("details.move details.code details.detail") },
  "block.created": BLOCK,
  "block.extended": BLOCK,
  "block.lifted": BLOCK,
  "block.expired": BLOCK,
  "allow.added": fields("after details.value details.reason details.expires_at"),
  "allow.removed": fields("before after details.value"),
  "asset.added": ASSET,
  "asset.changed": ASSET,
  "asset.removed": ASSET,
  "asset.imported": fields("after details.added details.changed details.unchanged details.digest details.reason"),
  "settings.changed": { ...CHANGE, ...fields("details.changed") },
  "enforcer.registered": fields("after details.name details.keyEndsAt"),
  "enforcer.key_rotated": fields("before after details.name details.keyEndsAt"),
  "enforcer.deactivated": fields("before after details.name"),
  "policy.stored": { ...CHANGE, ...fields("details.policies details.count details.manifest") },
  "policy.tried": {
    ...CHANGE,
    ...fields("details.days details.decisions details.same details.unanswerable details.changes"),
  },
  "policy.activated": {
    ...CHANGE,
    ...fields("details.policies details.count details.manifest details.action_id"),
  },
  "mode.changed": {
    ...CHANGE,
    ...fields("details.reason details.until details.decision details.policies details.bundle_digest details.incidents"),
    ...fields("details.action_id"),
  },
  "audit.exported": fields("after details.size details.root"),
  "audit.revealed": fields("after details.size details.root"),
  "audit.disclosed": fields("after details.entries details.reason"),
  "subject.erased": fields("before details.reason details.values details.rows"),
  "hold.placed": fields("after details.hold details.reason"),
  "hold.lifted": fields("before after details.hold details.reason"),
  "audit.key_rotated": { ...CHANGE, ...fields("details.signsUntil details.reason") },
  "audit.pruned": {
    ...CHANGE,
    ...fields("details.entries details.root details.statement details.keepDays details.cutoff details.reason"),
  },
  "retention.ran": fields("after details.removed details.held details.classes details.failed details.reason"),
  "retention.removed": fields("details.keepDays details.cutoff details.removed details.held details.reason"),
  "audit.verified": fields("after details.size details.root details.problems details.firstAlteredIndex"),
};

/** The class of a field by its path (`actor.name`, `before`, `details.address`); undefined when nobody declared it. */
export function fieldClassOf(type: string, path: string): FieldClass | undefined {
  const common: Fields = ENTRY_FIELDS;
  const own: Readonly<Record<string, Fields>> = AUDIT_FIELDS;
  return common[path] ?? own[type]?.[path];
}

type Spoken = Readonly<{
  type: string;
  before?: string | null;
  after?: string | null;
  details?: Readonly<Record<string, unknown>>;
}>;

/** Paths of an entry that its type does not declare; what is null says nothing and needs no declaration. */
export function undeclaredFields({ type, before, after, details = {} }: Spoken): readonly string[] {
  const said = [
    ["before", before],
    ["after", after],
    ...Object.entries(details).map(([name, value]) => [`details.${name}`, value] as const),
  ] as const;
  return said.flatMap(([path, value]) => {
    const isSaid = value !== null && value !== undefined;
    return isSaid && fieldClassOf(type, path) === undefined ? [path] : [];
  });
}
