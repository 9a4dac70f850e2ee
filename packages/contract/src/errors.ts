/**
 * Every refusal and breakage Tyr can answer with: HTTP status, title and what to do.
 * docs/reference/errors.md has a section per code; a test keeps the two lists equal. Bodies are RFC 9457 problem details.
 */
export const ERRORS = {
  VALIDATION_FAILED: [
    400,
    "The request does not have the documented shape",
    "Correct what `detail` or `errors` names and send it again.",
  ],
  NOT_AUTHENTICATED: [401, "Nobody is signed in", "Sign in, or send a valid key."],
  LOGIN_FAILED: [
    401,
    "Name or password is wrong",
    "Check both; after several failures the account waits before it answers again.",
  ],
  SECOND_FACTOR_NEEDED: [
    401,
    "The password is right; a second factor is needed too",
    "Send the six digits of the authenticator application, or a recovery code, as `code`.",
  ],
  PASSKEY_REFUSED: [
    401,
    "The passkey was not accepted",
    "Try again from the beginning, or use another way to sign in; it may have been removed, or suspected of being a copy.",
  ],
  KEY_INVALID: [
    401,
    "The key is unknown, rotated or deactivated",
    "Register the sensor or enforcement point again, or rotate its key; an API key also counts from its networks only.",
  ],
  CLIENT_INVALID: [
    401,
    "The client is not who it says",
    "Send the id of an API key as client_id and its secret as client_secret, from a network the key is for.",
  ],
  TOKEN_INVALID: [
    401,
    "The access token does not count",
    "Get a new one from `/oauth/token`; if that is refused too, look whether the API key behind it still counts.",
  ],
  GRANT_INVALID: [
    400,
    "The refresh token does not count",
    "Begin anew with the API key; refresh tokens count once, so refresh in one place only.",
  ],
  GRANT_TYPE_UNSUPPORTED: [400, "There is no such grant type here", "Use client_credentials or refresh_token."],
  SCOPE_INVALID: [
    400,
    "The scope is unknown or wider than the client may have",
    "Leave out what `scopes` names, or give the API key more scopes.",
  ],
  SSO_FAILED: [
    401,
    "The sign-in through another system was not accepted",
    "Begin again from the sign-in page; if it goes on, the audit log has the reason under the request id in `requestId`.",
  ],
  SSO_UNKNOWN_USER: [
    403,
    "No account here belongs to this person",
    "Ask an administrator to link your account to you at that system.",
  ],
  SSO_NO_ROLE: [
    403,
    "None of this person's groups gives a role here",
    "Ask for a group that is mapped to a role in the sign-in settings.",
  ],
  SSO_NAME_UNUSABLE: [
    409,
    "The login name from the other system cannot be used here",
    "Ask an administrator: the name is missing, not a login name, or already somebody else's here.",
  ],
  NOT_PERMITTED: [
    403,
    "Signed in, but the permission is missing",
    "Ask an administrator for a role that holds the permission named in `permission`.",
  ],
  PASSWORD_CHANGE_REQUIRED: [
    403,
    "Somebody else chose your password",
    "Choose one of your own on your account page, or with `tyr account password`; until then nothing else is open.",
  ],
  FIRST_PASSWORD_OVER: [
    403,
    "The first password is over: it counts 72 hours",
    "Ask an administrator for another (`tyr user reset-sign-in`), and choose your own at the first sign-in.",
  ],
  SECOND_FACTOR_REQUIRED: [
    403,
    "This installation asks for a second factor",
    "Add a passkey or an authenticator application on your account page; a password alone opens nothing else here.",
  ],
  STEP_UP_NEEDED: [
    403,
    "This asks for a recent proof of who you are",
    "Prove it with a passkey, or your password and second factor (`POST /api/v1/session/step-up`), then send the request again; where `by` says passkey nothing else counts. Keys cannot.",
  ],
  CROSS_SITE_REQUEST: [403, "The request came from another site", "Use Tyr from its own address."],
  SETUP_TOKEN_INVALID: [
    403,
    "The set-up link is wrong or used up",
    "Restart the server: it prints a new set-up link while no administrator exists.",
  ],
  ACTION_DENIED: [403, "Policy denies this action", "Read `reasons`: each names the policy that decided."],
  SINGLE_PERSON_REFUSED: [
    409,
    "More than one person may approve",
    "Ask another one: one's own approval counts only where there is nobody else.",
  ],
  BREAK_GLASS_REVIEW_OWED: [
    409,
    "A review of your last use of break-glass is owed",
    "Ask somebody else who approves to close it (`tyr break-glass review`); until then break-glass is closed to you.",
  ],
  NOBODY_CAN_APPROVE: [
    409,
    "Not enough people could ever approve this",
    "Read `gates`: each names how many of which roles it asks for and how many there are. Give somebody the role, have them add a passkey or a key to sign with, or ask for something smaller; the draft is kept.",
  ],
  DELEGATION_REFUSED: [
    409,
    "Approving cannot be handed over like this",
    "Read `detail`: hand your own approving to another active person, once, for 30 days at most.",
  ],
  APPROVAL_BY_REQUESTER: [403, "The requester's approval never counts", "Ask another person to approve."],
  SIGNATURE_REQUIRED: [
    403,
    "This has to be signed by whoever does it",
    "Sign in the browser with a passkey (add one on your account page), or in a terminal with a key of your own (`tyr approval-key create`).",
  ],
  SIGNATURE_INVALID: [
    403,
    "The signature does not count",
    "Read `detail`, get a new statement and sign that: each counts once, for five minutes, for one person and one action.",
  ],
  NOT_FOUND: [404, "There is no such thing", "Check the id; it may belong to another installation."],
  KEY_IN_URL: [
    400,
    "A key was sent in the address",
    "Addresses end up in logs and histories: revoke or rotate that key, and send the new one in a header.",
  ],
  PERMISSIONS_TOO_WIDE: [
    403,
    "Nobody can give what they do not hold",
    "Leave out what `permissions` names, or ask somebody who holds it.",
  ],
  KEY_LIMIT_REACHED: [
    409,
    "There are as many keys or service accounts as there may be",
    "Revoke keys, or disable service accounts, that are not needed any more.",
  ],
  DUTY_CONFLICT: [
    409,
    "One person would hold what nobody may hold together",
    "Leave out a role, or ask somebody with `duty:write` for an exception: `conflicts` names each pair and its reason.",
  ],
  OWN_ACCESS: [403, "Nobody decides about their own access", "Ask another person to decide."],
  REVIEW_CLOSED: [409, "The access review is closed", "Its report says what came of it; begin another one."],
  REVIEW_STALE: [
    409,
    "What is held changed since it was shown or decided",
    "Read the items named in `items` again, and decide about what is held now.",
  ],
  REVIEW_UNDECIDED: [
    409,
    "Not everything is decided yet",
    "Decide what `items` counts; after the due date the access review closes all the same, as it was set up to.",
  ],
  MANAGED_ELSEWHERE: [
    409,
    "Another system manages this account",
    "Change it at the identity provider named in `issuer`: it provisions the account here.",
  ],
  VERSION_CHANGED: [412, "It changed since it was read", "Read it again, then send the change with its new version."],
  ROLE_IN_USE: [409, "Somebody holds the role", "Give its holders other roles first, disabled users too."],
  SETUP_ALREADY_DONE: [
    409,
    "The first administrator already exists",
    "Sign in, or ask an administrator for an account.",
  ],
  NAME_TAKEN: [409, "The name is already used", "Choose another name."],
  ACTION_PROPOSED_ALREADY: [
    409,
    "A program asked for this already",
    "Read the action named in `id`: it waits, runs or holds. Ask again when it is over.",
  ],
  ASSET_NAME_TAKEN: [409, "Another asset has this name", "Edit that one, or choose another name."],
  ALLOWED_ALREADY: [
    409,
    "The allow-list has this entry already",
    "Nothing is needed; to change its reason or end, remove the entry named in `id` and add it again.",
  ],
  NOT_MERGED: [
    409,
    "The identity or campaign is not merged into another",
    "Read it again: somebody may have unmerged it already, or its traces no longer hold it together.",
  ],
  INCIDENT_TRANSITION_REFUSED: [
    409,
    "The incident cannot make this move from its state",
    "Choose one of the moves listed in `legal`.",
  ],
  ACTION_TRANSITION_REFUSED: [
    409,
    "The action cannot make this move from its state",
    "Choose one of the moves listed in `legal`.",
  ],
  APPROVAL_STALE: [
    409,
    "What you approve is no longer what would run",
    "Reload the action, read the new dry run and decide again.",
  ],
  DRY_RUN_STALE: [409, "The dry run is missing, failed or too old", "Run the dry run again, then submit."],
  LAST_ADMINISTRATOR: [
    409,
    "The last active administrator cannot be disabled or lose the role",
    "Make somebody else administrator first.",
  ],
  IDEMPOTENCY_KEY_REUSED: [409, "The idempotency key was used with other content", "Use a new key for new content."],
  REPLAY_RUNNING: [
    409,
    "A backtest or a backfill goes over stored events already",
    "Wait until it is done, or cancel it: `id` names it. One runs at a time.",
  ],
  ATTACK_REFUSES_RULES: [
    409,
    "Rules in force do not fit this ATT&CK release",
    "Look at the rules it names. If they may go, repeat their number in `acceptRefused`; else mend them, or use another bundle.",
  ],
  BODY_TOO_LARGE: [413, "The request is larger than the limit", "Send it in smaller parts; the limit is in `limit`."],
  URL_TOO_LONG: [414, "The address is longer than the limit", "Ask for less at once; the limit is in `limit`."],
  HEADERS_TOO_MANY: [431, "The request has too many headers", "Send fewer headers; the limit is in `limit`."],
  MEDIA_TYPE_UNSUPPORTED: [
    415,
    "The content type or encoding is not understood",
    "Send application/json; logs also as application/x-ndjson or text/plain, and compressed with gzip only.",
  ],
  TARGET_INVALID: [
    422,
    "The target is not a canonical address, prefix or name of its type",
    "Read `detail`: it says which part is refused.",
  ],
  PROOF_WRONG: [
    422,
    "The password or the code is wrong",
    "Check both, and the clock of the device that shows the codes; each code counts once. After several failures the account waits.",
  ],
  PASSKEYS_UNAVAILABLE: [
    409,
    "Passkeys cannot be used at this server's address",
    "Give TYR_PUBLIC_URL an https address with a name; on one's own machine open http://localhost instead of an address.",
  ],
  SECOND_FACTOR_STATE: [
    409,
    "The second factors of the account do not allow this",
    "Read `detail`: it says what has to come first.",
  ],
  NOTIFICATIONS_OFF: [
    409,
    "Nobody is told outside of Tyr",
    "Set TYR_NOTIFY_URL and TYR_NOTIFY_SECRET_FILE, and start the server again.",
  ],
  PASSWORD_TOO_WEAK: [
    422,
    "The password is too short or well known",
    "Use at least 15 characters (8 beside a second factor) that are not a common password or your name.",
  ],
  LOGIN_STOPPED: [
    403,
    "Too many failed sign-ins in a row: the password counts no more",
    "Sign in with a passkey, from a browser you signed in with before, or ask an administrator to unlock the account (`tyr user unlock`).",
  ],
  LOGIN_DELAYED: [
    429,
    "Too many failed sign-ins",
    "Wait the seconds in Retry-After; the account's owner is not locked out for good.",
  ],
  TOO_MANY_REQUESTS: [429, "Too many requests", "Wait the seconds in Retry-After."],
  INTAKE_OVERLOADED: [
    429,
    "The intake queue is full; nothing was taken",
    "Send the same batch again after Retry-After, with the same idempotency key.",
  ],
  INTERNAL: [
    500,
    "Something broke on our side",
    "Give the request id in `requestId` to whoever runs Tyr; its log has the cause.",
  ],
  NOT_READY: [503, "Not ready to answer this", "Read `detail`, and try again after the seconds in Retry-After."],
  LEAD_LOST: [
    503,
    "Another server leads the stages now",
    "Nothing to do: the server that leads goes on where this one stopped. If it happens again and again, look at the connections of both to the database.",
  ],
  RULES_NOT_REPLACED: [
    503,
    "The rules are not in force yet",
    "What was in force before stays, and it is tried again; the server's log has the cause.",
  ],
  SSO_UNAVAILABLE: [503, "The other system does not answer", "Try again, or sign in with a password."],
  DATABASE_UNAVAILABLE: [
    503,
    "The database does not answer",
    "Check the database; nothing was acknowledged that is not stored.",
  ],
  CONFIG_INVALID: [500, "The configuration is not usable", "Correct the setting named in the message and start again."],
  DATA_DIRECTORY_LOCKED: [500, "Another process uses the data directory", "Stop it, or point TYR_DATA_DIR elsewhere."],
  DATA_DIRECTORY_UNUSABLE: [
    500,
    "The data directory cannot be made, written or locked",
    "Check the path, its owner and its disk, or point TYR_DATA_DIR elsewhere; the file system must have locks.",
  ],
  MIGRATION_FAILED: [
    500,
    "The database could not be brought to this version",
    "Read the cause in the message; the migration was rolled back as a whole.",
  ],
  DATABASE_NEWER: [
    500,
    "The database was written by a newer version",
    "Start that version, or restore a backup of this one.",
  ],
  DATABASE_DAMAGED: [
    500,
    "The embedded database does not open",
    "Restore the backup of the data directory; to begin without it, move the folder named in the message away.",
  ],
  LEGAL_HOLD: [
    409,
    "A legal hold keeps this from being erased",
    "Ask whoever placed the hold; once it is lifted, erase again.",
  ],
  SUBJECT_ACTIVE: [409, "Somebody who may sign in cannot be erased", "Disable the user first, then erase again."],
  KEYRING_UNUSABLE: [
    500,
    "The file of key-encryption keys cannot be used",
    "Do what the message says (mode 0600, the right owner), or restore the file that belongs to this database.",
  ],
  SECRET_UNREADABLE: [
    500,
    "A sealed secret does not open",
    "Its row was altered or moved: keep the database as evidence and restore a backup, with the keys of that time.",
  ],
  PORT_IN_USE: [
    500,
    "Another program listens on the port",
    "Stop that program (it may be a Tyr already running), or choose another port with TYR_PORT or --port.",
  ],
  POLICY_CHECK_FAILED: [
    422,
    "The checks of the policy bundle are not green",
    "Read `problems`: each names the file, example or policy; `tyr policy test` runs the same checks without a server.",
  ],
  POLICY_BUNDLE_INVALID: [
    500,
    "The policy bundle does not load",
    "Correct the policy named in the message; nothing is decided without a valid bundle.",
  ],
  AUDIT_DIVERGED: [
    500,
    "The audit log no longer matches its last signed checkpoint",
    "Tyr does not go on. Keep the data directory as evidence and compare it with an earlier export.",
  ],
  ROUTE_INCOMPLETE: [
    500,
    "A route has no permission or no handler",
    "Report it: this build of the server is faulty, so it does not start.",
  ],
  AUDIT_FACT_REFUSED: [
    500,
    "What happened cannot be written to the audit log",
    "Report it with the message: it names the fact; the change did not happen.",
  ],
} as const satisfies Record<string, readonly [status: number, title: string, help: string]>;

export type ErrorCode = keyof typeof ERRORS;
export const ERROR_CODES = Object.keys(ERRORS) as readonly ErrorCode[];

/** A refusal as a value: the code, what exactly, and typed facts that belong into the problem document. */
export type Refusal = Readonly<{ code: ErrorCode; detail: string; facts?: Readonly<Record<string, unknown>> }>;
export type Ok<T> = Readonly<{ ok: true; value: T }>;
export type Refused = Readonly<{ ok: false; refusal: Refusal }>;
export type Result<T> = Ok<T> | Refused;

export function ok<T>(value: T): Ok<T> {
  return { ok: true, value };
}

export function refuse(code: ErrorCode, detail: string, facts?: Readonly<Record<string, unknown>>): Refused {
  return { ok: false, refusal: facts === undefined ? { code, detail } : { code, detail, facts } };
}
