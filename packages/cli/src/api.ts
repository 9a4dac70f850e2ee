import {
  ApiProblem,
  Unreachable,
  createClient,
  type CallInput,
  type Client,
  type CallOptions,
  type ErrorCode,
  type OutputOf,
  type RouteId,
} from "@tyr/contract";
import { isExposed, type Configuration } from "./configuration.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { badConfiguration, CliFailure } from "./failure.ts";
import { visible } from "./output/visible-text.ts";
import type { World } from "./world.ts";

export type Call = <K extends RouteId>(id: K, input: CallInput<K>, options?: CallOptions) => Promise<OutputOf<K>>;
export type Api = Readonly<{
  /** As the contract's client, but refusals and silence are `CliFailure`s with their exit code. */
  call: Call;
}>;
export type ApiOptions = Readonly<{
  timeoutMs?: number;
  warn: (text: string) => void;
  /** Asks whoever sits here to prove who they are. @returns the session's new token, undefined when nobody can be asked */
  prove?: (call: Call) => Promise<string | undefined>;
}>;

/** Exit code per problem code. Exhaustive: a new code in the contract does not compile until it has one. */
const EXIT_OF = {
  VALIDATION_FAILED: EXIT.usage,
  NOT_AUTHENTICATED: EXIT.notPermitted,
  LOGIN_FAILED: EXIT.notPermitted,
  LOGIN_STOPPED: EXIT.notPermitted,
  SECOND_FACTOR_NEEDED: EXIT.notPermitted,
  SECOND_FACTOR_REQUIRED: EXIT.notPermitted,
  PASSWORD_CHANGE_REQUIRED: EXIT.notPermitted,
  FIRST_PASSWORD_OVER: EXIT.notPermitted,
  PASSKEY_REFUSED: EXIT.notPermitted,
  PASSKEYS_UNAVAILABLE: EXIT.failed,
  STEP_UP_NEEDED: EXIT.notPermitted,
  PROOF_WRONG: EXIT.notPermitted,
  SECOND_FACTOR_STATE: EXIT.failed,
  KEY_INVALID: EXIT.notPermitted,
  CLIENT_INVALID: EXIT.notPermitted,
  TOKEN_INVALID: EXIT.notPermitted,
  GRANT_INVALID: EXIT.notPermitted,
  GRANT_TYPE_UNSUPPORTED: EXIT.usage,
  SCOPE_INVALID: EXIT.notPermitted,
  NOT_PERMITTED: EXIT.notPermitted,
  CROSS_SITE_REQUEST: EXIT.notPermitted,
  SETUP_TOKEN_INVALID: EXIT.notPermitted,
  ACTION_DENIED: EXIT.refused,
  APPROVAL_BY_REQUESTER: EXIT.refused,
  NOBODY_CAN_APPROVE: EXIT.refused,
  DELEGATION_REFUSED: EXIT.refused,
  BREAK_GLASS_REVIEW_OWED: EXIT.refused,
  SINGLE_PERSON_REFUSED: EXIT.refused,
  NOTIFICATIONS_OFF: EXIT.refused,
  SIGNATURE_REQUIRED: EXIT.notPermitted,
  SIGNATURE_INVALID: EXIT.notPermitted,
  SSO_FAILED: EXIT.notPermitted,
  SSO_NAME_UNUSABLE: EXIT.failed,
  SSO_NO_ROLE: EXIT.notPermitted,
  SSO_UNAVAILABLE: EXIT.unreachable,
  SSO_UNKNOWN_USER: EXIT.notPermitted,
  NOT_FOUND: EXIT.failed,
  KEY_IN_URL: EXIT.usage,
  PERMISSIONS_TOO_WIDE: EXIT.notPermitted,
  KEY_LIMIT_REACHED: EXIT.failed,
  ROLE_IN_USE: EXIT.failed,
  SETUP_ALREADY_DONE: EXIT.failed,
  ACTION_PROPOSED_ALREADY: EXIT.failed,
  ASSET_NAME_TAKEN: EXIT.failed,
  ALLOWED_ALREADY: EXIT.failed,
  NAME_TAKEN: EXIT.failed,
  NOT_MERGED: EXIT.failed,
  INCIDENT_TRANSITION_REFUSED: EXIT.failed,
  ACTION_TRANSITION_REFUSED: EXIT.failed,
  APPROVAL_STALE: EXIT.failed,
  DRY_RUN_STALE: EXIT.failed,
  LAST_ADMINISTRATOR: EXIT.failed,
  DUTY_CONFLICT: EXIT.refused,
  OWN_ACCESS: EXIT.refused,
  REVIEW_CLOSED: EXIT.refused,
  REVIEW_STALE: EXIT.refused,
  REVIEW_UNDECIDED: EXIT.refused,
  MANAGED_ELSEWHERE: EXIT.refused,
  VERSION_CHANGED: EXIT.failed,
  IDEMPOTENCY_KEY_REUSED: EXIT.failed,
  REPLAY_RUNNING: EXIT.failed,
  ATTACK_REFUSES_RULES: EXIT.refused,
  BODY_TOO_LARGE: EXIT.failed,
  URL_TOO_LONG: EXIT.failed,
  HEADERS_TOO_MANY: EXIT.failed,
  MEDIA_TYPE_UNSUPPORTED: EXIT.failed,
  TARGET_INVALID: EXIT.usage,
  PASSWORD_TOO_WEAK: EXIT.failed,
  LOGIN_DELAYED: EXIT.failed,
  TOO_MANY_REQUESTS: EXIT.failed,
  INTAKE_OVERLOADED: EXIT.failed,
  INTERNAL: EXIT.failed,
  NOT_READY: EXIT.unreachable,
  LEAD_LOST: EXIT.unreachable,
  RULES_NOT_REPLACED: EXIT.failed,
  DATABASE_UNAVAILABLE: EXIT.unreachable,
  CONFIG_INVALID: EXIT.configuration,
  DATA_DIRECTORY_LOCKED: EXIT.failed,
  DATA_DIRECTORY_UNUSABLE: EXIT.failed,
  MIGRATION_FAILED: EXIT.failed,
  DATABASE_NEWER: EXIT.failed,
  DATABASE_DAMAGED: EXIT.failed,
  LEGAL_HOLD: EXIT.refused,
  SUBJECT_ACTIVE: EXIT.refused,
  KEYRING_UNUSABLE: EXIT.failed,
  SECRET_UNREADABLE: EXIT.failed,
  PORT_IN_USE: EXIT.failed,
  POLICY_CHECK_FAILED: EXIT.checkFailed,
  POLICY_BUNDLE_INVALID: EXIT.configuration,
  AUDIT_DIVERGED: EXIT.checkFailed,
  AUDIT_FACT_REFUSED: EXIT.failed,
  ROUTE_INCOMPLETE: EXIT.failed,
} as const satisfies Record<ErrorCode, ExitCode>;

/** A code this build does not know (a newer server) falls back to what its HTTP status says. */
export function exitOfProblem(code: string, status: number): ExitCode {
  if (Object.hasOwn(EXIT_OF, code)) return EXIT_OF[code as ErrorCode];
  if (status === 401 || status === 403) return EXIT.notPermitted;
  if (status === 400) return EXIT.usage;
  return [502, 503, 504].includes(status) ? EXIT.unreachable : EXIT.failed;
}

const SAID_OTHERWISE = new Set(["type", "title", "status", "detail", "instance", "code", "help", "requestId"]);

function showFact(value: unknown): string {
  if (typeof value === "string") return value;
  if (!Array.isArray(value)) return JSON.stringify(value);
  return value.map((one: unknown) => (typeof one === "string" ? one : JSON.stringify(one))).join("; ");
}

/** What helps at a terminal better than what the server says to everybody. */
const SIGN_IN: Readonly<Partial<Record<string, string>>> = {
  NOT_AUTHENTICATED: "Run tyr login, or set TYR_TOKEN.",
  STEP_UP_NEEDED:
    "Run it where a password can be typed, or sign in anew with tyr login just before. API keys cannot do this.",
};

const BY_PASSKEY = "Do it in the browser: this installation takes a passkey for it, and a terminal has none.";

function asksPasskey(problem: Readonly<Record<string, unknown>> | undefined): boolean {
  return problem?.["code"] === "STEP_UP_NEEDED" && problem["by"] === "passkey";
}

/** A problem document (RFC 9457) as a failure: its facts listed, its text made harmless. */
export function failureOf(error: ApiProblem): CliFailure {
  const { problem } = error;
  const facts = Object.entries(problem)
    .filter(([name]) => !SAID_OTHERWISE.has(name))
    .map(([name, value]) => visible(`${name}: ${showFact(value)}`).slice(0, 500));
  const said = [problem.title, problem.detail].filter((text) => typeof text === "string" && text !== "");
  const ours = asksPasskey(problem) ? BY_PASSKEY : SIGN_IN[problem.code];
  const signIn = ours ?? problem.help;
  return new CliFailure(visible([...new Set(said)].join(": ")) || `the server answered ${error.status}`, {
    exit: exitOfProblem(problem.code, error.status),
    problemCode: problem.code,
    problem: { ...problem },
    facts,
    cause: error,
    ...(signIn ? { fix: visible(signIn) } : {}),
    ...(problem.requestId ? { requestId: visible(problem.requestId) } : {}),
    ...(error.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: error.retryAfterSeconds }),
  });
}

function reasonOf(error: unknown): string {
  let reason = "";
  for (let here = error; here instanceof Error; here = here.cause) {
    const code = "code" in here && typeof here.code === "string" && here.code !== "UNREACHABLE" ? `${here.code} ` : "";
    if (here.message === "fetch failed" || here === error) continue;
    reason = here.message.includes(code.trim()) ? here.message : `${code}${here.message}`;
  }
  return reason;
}

function unreachable(error: Unreachable, url: string): CliFailure {
  const reason = visible(reasonOf(error)).slice(0, 200);
  return new CliFailure(`no answer from ${visible(url)}${reason === "" ? "" : ` (${reason})`}`, {
    exit: EXIT.unreachable,
    problemCode: "UNREACHABLE",
    fix: "Start it with tyr up, or say where it is with --url or TYR_URL. tyr doctor looks further.",
    cause: error,
  });
}

/** @throws {CliFailure} for every refusal and for silence */
function failing(client: Client, world: World, url: string): Call {
  return async (id, input, callOptions = {}) => {
    try {
      return await client.call(id, input, { signal: world.signal, ...callOptions });
    } catch (error) {
      if (error instanceof ApiProblem) throw failureOf(error);
      if (error instanceof Unreachable) throw unreachable(error, url);
      if (world.signal.aborted) throw new CliFailure("interrupted", { exit: EXIT.cancelled, cause: error });
      throw error;
    }
  };
}

/**
 * A client for the configured server. Redirects are refused: a token must not follow one. Where the server asks for a
 * recent proof of who calls, it is asked for here once, and the request is sent again.
 */
export function openApi(configuration: Configuration, world: World, options: ApiOptions): Api {
  const { url, token } = configuration;
  if (token !== undefined && isExposed(url.value) && world.env["TYR_CLEARTEXT"] !== "allow")
    throw badConfiguration(
      `${url.value} would get the token unencrypted`,
      "Use https, or set TYR_CLEARTEXT=allow when the network is yours alone.",
    );
  if (token !== undefined && isExposed(url.value))
    options.warn(`the token travels unencrypted: ${url.value} is plain http beyond this machine`);
  let bearer = token?.value;
  const client = createClient({
    baseUrl: url.value,
    timeoutMs: options.timeoutMs ?? 30_000,
    fetch: (address, init) => world.fetch(address, { ...init, redirect: "error" }),
    headers: () => ({
      "user-agent": "tyr-cli",
      ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
    }),
  });
  const call = failing(client, world, url.value);
  return {
    call: async (id, input, callOptions) => {
      try {
        return await call(id, input, callOptions);
      } catch (error) {
        if (!(error instanceof CliFailure) || error.parts.problemCode !== "STEP_UP_NEEDED") throw error;
        if (asksPasskey(error.parts.problem)) throw error;
        const renewed = await options.prove?.(call);
        if (renewed === undefined) throw error;
        bearer = renewed;
        return await call(id, input, callOptions);
      }
    },
  };
}
