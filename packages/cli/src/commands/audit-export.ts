import { readFile } from "node:fs/promises";
import path from "node:path";
import { checkExport, printReport } from "../audit/check-export.ts";
import { downloadLog } from "../audit/download-log.ts";
import { refuseUsedDirectory, writeExport } from "../audit/write-export.ts";
import type { Run } from "../context.ts";
import { showBytes } from "../duration.ts";
import { visible } from "../output/visible-text.ts";

/** Copies the log as the server gives it, damaged or not, and then says whether it verifies. */
export const exportLog: Run = async (context, input) => {
  const { print, world } = context;
  const directory = input.value(0, "the directory");
  await refuseUsedDirectory(directory);
  const files = downloadLog({
    api: await context.api(),
    signal: world.signal,
    exportedAt: new Date(world.now()).toISOString(),
    onProgress: (done, total) => print.progress(`downloaded ${done} of ${total} files`),
  });
  const written = await writeExport(directory, files);
  print.endProgress();
  print.say(`Wrote ${written.files} files, ${showBytes(written.bytes)}, to ${visible(directory)}.`);
  const trustedKeys = (await readFile(path.join(directory, "vkey"), "utf8")).split("\n").filter((line) => line !== "");
  const report = await checkExport(context, { directory, trustedKeys, earlier: [] });
  print.say(
    `Keep ${visible(path.join(directory, "checkpoint"))} and vkey somewhere else: they show later whether the log was cut or rewritten.`,
  );
  return printReport(context, report);
};
