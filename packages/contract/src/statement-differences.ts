import type { Action } from "./schemas/govern.ts";
import type { DelegationStatement, DelegationWish } from "./schemas/delegations.ts";
import type { StatementKind } from "./schemas/signatures.ts";

/** What somebody is about to put their name under: what they asked to state, and what they were shown. */
export type MeantStatement = Readonly<{
  statement: StatementKind;
  action: Action;
  words: string | undefined;
  /** By which it is said in somebody's place; undefined: in one's own. */
  delegation?: string | undefined;
}>;

const record = (value: unknown): Readonly<Record<string, unknown>> | undefined =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return record(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** What a text to sign says otherwise than what was shown, by name; nothing: they are the same. A server is not believed here. */
export function statementDifferences(
  text: string,
  { statement, action, words, delegation }: MeantStatement,
): readonly string[] {
  const fields = parsed(text);
  if (fields === undefined) return ["the text is not readable"];
  const pairs: readonly (readonly [name: string, inText: unknown, shown: unknown])[] = [
    ["the statement", fields["statement"], statement],
    ["the action", fields["action_id"], action.id],
    ["its revision", fields["revision"], action.revision],
    ["its type", fields["type"], action.type],
    ["its target", fields["target"], action.target],
    ["its duration", fields["ttl_seconds"], action.ttlSeconds],
    ["the request", fields["request_digest"], action.requestDigest],
    ["the dry run", fields["dry_run_digest"], action.dryRun?.digest ?? null],
    ["your words", fields["reason"], words ?? null],
    ["in whose place", record(fields["on_behalf_of"])?.["delegation"], delegation],
  ];
  return pairs.filter(([, inText, shown]) => inText !== shown).map(([name]) => name);
}

const instantOf = (value: unknown): number => (typeof value === "string" ? Date.parse(value) : Number.NaN);

/** As `statementDifferences`, of handing one's approving over: what was asked for, beside what the server wrote. */
export function delegationDifferences(
  { text, delegation, to }: Pick<DelegationStatement, "text" | "delegation" | "to">,
  wish: DelegationWish,
): readonly string[] {
  const fields = parsed(text);
  if (fields === undefined) return ["the text is not readable"];
  const isNamed = wish.to === to.name || wish.to === to.id;
  const pairs: readonly (readonly [name: string, isSame: boolean])[] = [
    ["the statement", fields["statement"] === "delegate"],
    ["the delegation", fields["delegation_id"] === delegation],
    ["to whom", isNamed && fields["to"] === to.id],
    ["until when", instantOf(fields["ends_at"]) === Date.parse(wish.endsAt)],
    ["your words", fields["reason"] === wish.reason],
  ];
  return pairs.filter(([, isSame]) => !isSame).map(([name]) => name);
}
