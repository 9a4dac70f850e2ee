import { ok, refuse, type Result } from "@tyr/contract";
import { openNote, signNote } from "@tyr/ledger";
import type { Clock } from "#platform/clock";
import type { LogKey } from "./log-key.ts";

/** Texts other rooms have signed by the key of the log, so that what stands in the database can be told from what was put there. */
export type SignedTexts = Readonly<{
  /** A C2SP signed note. The text ends with a line feed. */
  sign(text: string): Promise<string>;
  /** The text of a note that a key of this log signed, now or before it was replaced. */
  open(note: string): Promise<Result<string>>;
}>;

/** The first line says what a text is: it can never be read as a checkpoint, whose first line is the log's origin. */
const KIND = /^tyr [a-z -]+ v\d+\n/;

export function signedTexts(key: () => LogKey, clock: Clock): SignedTexts {
  return {
    async sign(text) {
      if (!KIND.test(text)) throw new TypeError("a text to sign begins with what it is");
      return await signNote(text, key().signers(clock.now()));
    },
    async open(note) {
      const opened = await openNote(note, key().verifiers);
      if (!opened.ok) return refuse("AUDIT_DIVERGED", `the signature does not hold: ${opened.refusal.message}`);
      return KIND.test(opened.value.text)
        ? ok(opened.value.text)
        : refuse("AUDIT_DIVERGED", "what was signed is something else");
    },
  };
}
