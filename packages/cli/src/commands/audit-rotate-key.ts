import type { Run } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { showInstant } from "../output/instants.ts";
import { visible } from "../output/visible-text.ts";

/** Puts a new signing key in force, and prints what readers need of it. */
export const rotateKey: Run = async ({ api: open, ask, print }, input) => {
  const reason = input.required("reason");
  const overlapDays = input.whole("overlap-days", { min: 0, max: 366 });
  const api = await open();
  if (!input.flag("yes")) await ask.confirm("Put a new signing key of the audit log in force?", "--yes");
  const changed = await api.call("audit.rotateKey", {
    body: { reason, ...(overlapDays === undefined ? {} : { overlapDays }) },
  });
  print.one(changed, () => [visible(changed.vkey)]);
  print.say(
    `The log signs with this key, and with the old one until ${showInstant(changed.signsUntil) ?? ""}: give it to readers and witnesses before.`,
  );
  return EXIT.ok;
};
