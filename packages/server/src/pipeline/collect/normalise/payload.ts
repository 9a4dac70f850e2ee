import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { extensionOf, type FileType, fileTypeOf, isDisguised, isExecutable } from "./file-type.ts";
import { countOf, type Json, objectOf, sha256Of, textOf } from "./json-members.ts";
import type { Telemetry } from "./telemetry.ts";

/** Event types of files that came or went; `download_attempt` and the like have no file. */
const ACTIONS: Readonly<Record<string, "file.upload" | "file.download" | "file.captured" | undefined>> = {
  file_captured: "file.captured",
  file_upload: "file.upload",
  file_uploaded: "file.upload",
  upload: "file.upload",
  file_download: "file.download",
  file_downloaded: "file.download",
  payload: "file.captured",
};
/** Base64 of the file, or of its first bytes. */
const HEAD_NAMES = ["prefix", "head_base64", "content_base64"];

type Seen = Readonly<{
  action: "file.upload" | "file.download" | "file.captured";
  name?: string | undefined;
  sha256?: string | undefined;
  size?: number | undefined;
  head?: Buffer | undefined;
}>;

function readOwn(json: Json): Seen | undefined {
  const named = textOf(json, "event_type", "action", "event.action") ?? "";
  const action = Object.hasOwn(ACTIONS, named) ? ACTIONS[named] : undefined;
  const isPayload = textOf(json, "kind", "event.kind") === "payload";
  if (action === undefined && !isPayload) return undefined;
  const head = textOf(json, ...HEAD_NAMES);
  return {
    action: action ?? "file.captured",
    name: textOf(json, "orig_path", "name", "filename", "file_name"),
    sha256: sha256Of(json, "sha256", "shasum", "file_sha256"),
    size: countOf(json, "size", "size_bytes", "file_size"),
    head: head === undefined ? undefined : Buffer.from(head, "base64"),
  };
}

/** Suricata's `fileinfo`, where the file's hash was computed. */
function readSuricata(json: Json): Seen | undefined {
  if (textOf(json, "event_type") !== "fileinfo") return undefined;
  const file = objectOf(json, "fileinfo") ?? {};
  const sha256 = sha256Of(file, "sha256");
  if (sha256 === undefined) return undefined;
  return { action: "file.captured", name: textOf(file, "filename"), sha256, size: countOf(file, "size") };
}

/** Endings of files a web server runs. */
const WEB_SCRIPTS = new Set("php php3 php5 php7 phtml phar jsp jspx asp aspx ashx cfm".split(" "));
const SCRIPTS = new Set("sh bash py pl rb ps1 bat cmd vbs js".split(" "));

/** Everything but the last part of a path is nobody's business here. */
function lastPart(name: string | undefined): string {
  return (name ?? "").split(/[\\/?#]/).findLast((part) => part !== "") ?? "";
}

/** Bytes of programs without a file around them: how they find themselves in memory, or call a shell (one char a byte). */
const SHELLCODE: readonly (readonly [name: string, bytes: RegExp])[] = [
  // NOP, sixteen times: wherever a jump lands, it slides on.
  ["nop_sled", /\x90{16}/],
  // CALL to the next instruction, then POP: where am I?
  ["get_pc", /\xe8\0\0\0\0[\x58-\x5f]/],
  // FSTENV [ESP-12]: the same through the floating point unit.
  ["fstenv", /\xd9\x74\x24\xf4/],
  // PUSH "/bin", and soon after the interrupt by which programs of 32 bits call Linux.
  ["push_bin_sh", /\x68\x2fbin[^]{0,64}?\xcd\x80/],
];
const SHELLCODE_BYTES_MAX = 4_096;

/** Only where nothing says what the bytes are: of a picture or a program they may be any part. */
function shellcodeIn(head: Buffer, type: FileType): string | undefined {
  if (type !== "other") return undefined;
  const bytes = head.subarray(0, SHELLCODE_BYTES_MAX).toString("latin1");
  return SHELLCODE.find(([, pattern]) => pattern.test(bytes))?.[0];
}

/** A file an attacker brought or took (docs/reference/fields.md, "Files"). */
export function readPayload(json: Json): Telemetry | undefined {
  const seen = readSuricata(json) ?? readOwn(json);
  if (seen === undefined) return undefined;
  const ecs = { ...nameAliases(lastPart(seen.name), seen), ...contentAliases(seen) };
  return { kind: "payload", action: seen.action, category: "payload", outcome: "success", severity: "high", ecs };
}

function typeOf({ head }: Seen): FileType | undefined {
  return head === undefined || head.length === 0 ? undefined : fileTypeOf(head);
}

function nameAliases(name: string, seen: Seen): Json {
  const extension = extensionOf(name);
  const type = typeOf(seen);
  const isCalledScript = type === undefined && extension !== undefined && SCRIPTS.has(extension);
  return {
    "file.extension": extension,
    "file.script": type === "script" || isCalledScript,
    "file.web_script": extension !== undefined && WEB_SCRIPTS.has(extension),
    "file.disguised": name === "" ? undefined : isDisguised(name, type),
  };
}

function contentAliases(seen: Seen): Json {
  const { head, sha256, size } = seen;
  const type = typeOf(seen);
  if (head === undefined || type === undefined) return { "file.hash.sha256": sha256, "file.size": size };
  // Only a whole file's hash is that of the file.
  const own = size === head.length ? createHash("sha256").update(head).digest("hex") : undefined;
  return {
    "file.hash.sha256": sha256 ?? own,
    "file.size": size,
    "file.type": type,
    "file.executable": isExecutable(type),
    "file.shellcode": shellcodeIn(head, type),
  };
}
