import type { ActionStatement } from "@tyr/contract";
import { lastingLabel } from "./lasting.ts";

export type StatementWord = Readonly<{ name: string; value: string }>;

const record = (value: unknown): Readonly<Record<string, unknown>> | undefined =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return record(JSON.parse(text));
  } catch {
    return undefined;
  }
}

const said = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value ?? null));

function requirementWords(value: unknown): string {
  const all = Array.isArray(value) ? value.map(record) : [];
  return all
    .map((one) => `${said(one?.["approvals"])} of ${Array.isArray(one?.["roles"]) ? one["roles"].join(" or ") : "?"}`)
    .join(", and ");
}

type Fields = Readonly<Record<string, unknown>>;
type Row = readonly [name: string, value: string | undefined];

const ofField = (fields: Fields, name: string): string | undefined => (name in fields ? said(fields[name]) : undefined);

/** Of what was decided about an action. */
function actionRows(fields: Fields): readonly Row[] {
  const { ttl_seconds: ttl, reason, requirements, deadline_at: deadline } = fields;
  return [
    ["Action", `${said(fields["type"])} ${said(fields["target"])}`],
    ["Lasting", typeof ttl === "number" || ttl === null ? lastingLabel(ttl) : undefined],
    ["Your words", typeof reason === "string" ? reason : undefined],
    ["Asked for", requirementWords(requirements) || undefined],
    ["Revision", said(fields["revision"])],
    ["Decide before", typeof deadline === "string" ? deadline : undefined],
  ];
}

/** Of handing one's approving over. */
function delegationRows(fields: Fields): readonly Row[] {
  const { roles } = fields;
  return [
    ["To", ofField(fields, "to")],
    ["Until", ofField(fields, "ends_at")],
    ["Approving as", Array.isArray(roles) ? roles.join(", ") : undefined],
    ["Your words", ofField(fields, "reason")],
  ];
}

/** The text to sign, as a person reads it. Read from the text itself, so what is signed and what is read are the same. */
export function statementWords(text: string): readonly StatementWord[] | undefined {
  const fields = parsed(text);
  if (fields === undefined) return undefined;
  const behalf = record(fields["on_behalf_of"]);
  const rows: readonly Row[] = [
    ["Statement", said(fields["statement"]).replaceAll("_", " ")],
    ...("action_id" in fields ? actionRows(fields) : delegationRows(fields)),
    ["At", said(fields["installation"])],
    ["Signed by", said(fields["signer"])],
    ["In the place of", behalf === undefined ? undefined : said(behalf["of"])],
  ];
  return rows.flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]));
}

/** SHA-256 of the text, in hex, made here: the authenticator signs this and no other. Undefined outside secure contexts. */
export async function digestOf(text: string): Promise<string | undefined> {
  if (!globalThis.isSecureContext) return undefined;
  const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** As authenticators and browsers write bytes: base64url without padding. */
const toBase64url = (hex: string): string => {
  const bytes = Uint8Array.from({ length: hex.length / 2 }, (_, at) =>
    Number.parseInt(hex.slice(at * 2, at * 2 + 2), 16),
  );
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
};

/** Whether the authenticator would be asked for a signature over exactly this text. */
export function isChallengedBy(
  { digest, passkey }: Pick<ActionStatement, "digest" | "passkey">,
  own: string | undefined,
): boolean {
  if (own === undefined || own !== digest) return false;
  return passkey !== null && passkey.options.challenge === toBase64url(own);
}
