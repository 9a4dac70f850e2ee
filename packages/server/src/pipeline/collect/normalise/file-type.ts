import { Buffer } from "node:buffer";

/** What the first bytes of a file say it is, whatever its name says. */
export type FileType =
  | "pe"
  | "elf"
  | "macho"
  | "java"
  | "script"
  | "zip"
  | "rar"
  | "7z"
  | "gzip"
  | "ole"
  | "pdf"
  | "rtf"
  | "lnk"
  | "html"
  | "image"
  | "other";

/** Signatures at the beginning of a file, hexadecimal (formats' own specifications; see docs/reference/fields.md). */
const SIGNATURES: readonly (readonly [hex: string, type: FileType])[] = [
  ["4d5a", "pe"],
  ["7f454c46", "elf"],
  ["feedface", "macho"],
  ["feedfacf", "macho"],
  ["cefaedfe", "macho"],
  ["cffaedfe", "macho"],
  ["cafebabe", "java"],
  ["2321", "script"],
  ["504b0304", "zip"],
  ["526172211a07", "rar"],
  ["377abcaf271c", "7z"],
  ["1f8b", "gzip"],
  ["d0cf11e0a1b11ae1", "ole"],
  ["25504446", "pdf"],
  ["7b5c727466", "rtf"],
  ["4c0000000114020000000000c000000000000046", "lnk"],
  ["89504e470d0a1a0a", "image"],
  ["ffd8ff", "image"],
  ["474946383761", "image"],
  ["474946383961", "image"],
];
const HEAD_BYTES = 32;
const EXECUTABLE: ReadonlySet<FileType> = new Set(["pe", "elf", "macho", "java"]);

export function fileTypeOf(bytes: Uint8Array): FileType {
  const head = Buffer.from(bytes.subarray(0, HEAD_BYTES));
  const hex = head.toString("hex");
  const signed = SIGNATURES.find(([signature]) => hex.startsWith(signature));
  if (signed !== undefined) return signed[1];
  return /^\s{0,8}<(?:!doctype html|html|head|script|body)/i.test(head.toString("latin1")) ? "html" : "other";
}

export function isExecutable(type: FileType): boolean {
  return EXECUTABLE.has(type);
}

/** The part of a name after its last dot, if it is one a file can have. */
export function extensionOf(name: string): string | undefined {
  const dot = name.lastIndexOf(".");
  const extension =
    dot < 0
      ? ""
      : name
          .slice(dot + 1)
          .trim()
          .toLowerCase();
  return /^[a-z0-9]{1,10}$/.test(extension) ? extension : undefined;
}

/** Names a desktop runs when they are clicked on. */
const RUNS = new Set(
  "exe scr com pif cpl dll msi bat cmd ps1 vbs vbe js jse wsf wsh hta jar lnk iso img vhd vhdx chm reg".split(" "),
);
/** Names people open without a second thought. */
const HARMLESS = new Set("pdf doc docx xls xlsx ppt pptx txt rtf csv jpg jpeg png gif html htm zip mp3 mp4".split(" "));
/** Turns the writing direction round, so that `fdp.exe` is shown as `exe.pdf` (Unicode Annex 9). */
const TURNS_ROUND = /[\u202A-\u202E\u2066-\u2069]/;

export function runsWhenOpened(extension: string | undefined): boolean {
  return extension !== undefined && RUNS.has(extension);
}

/** Whether a name says something else than the file is: `invoice.pdf.exe`, a program called `photo.jpg`. */
export function isDisguised(name: string, type: FileType | undefined): boolean {
  if (TURNS_ROUND.test(name)) return true;
  const extension = extensionOf(name);
  if (extension === undefined) return false;
  const before = extensionOf(name.slice(0, name.lastIndexOf(".")));
  if (RUNS.has(extension)) return before !== undefined && HARMLESS.has(before);
  return type !== undefined && isExecutable(type) && HARMLESS.has(extension);
}
