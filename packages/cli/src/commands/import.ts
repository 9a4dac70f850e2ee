import { LOG_FORMATS, SENSOR_KINDS, type LogFormat, type Sensor } from "@tyr/contract";
import type { Api } from "../api.ts";
import type { Context, Run } from "../context.ts";
import { showBytes } from "../duration.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { toFailure } from "../explain-failure.ts";
import { CliFailure, usage } from "../failure.ts";
import type { Input } from "../input.ts";
import { importFile } from "../import/import-file.ts";
import { refuseTtyLog, type OpenedInput } from "../import/open-input.ts";
import type { SendOptions } from "../import/send-batch.ts";
import { noTotals, type Totals } from "../import/totals.ts";
import { visible } from "../output/visible-text.ts";
import { findSensor, needSensor } from "./find-sensor.ts";

const KIND_OF: Readonly<Record<LogFormat, Sensor["kind"]>> = {
  cowrie: "ssh",
  sshd: "ssh",
  access: "web",
  json: "custom",
  auto: "custom",
};

async function sensorFor(context: Context, api: Api, input: Input): Promise<Sensor> {
  const wanted = input.required("sensor");
  if (!input.flag("create")) return await needSensor(api, wanted);
  const found = await findSensor(api, wanted);
  if (found !== undefined) return found;
  const kind = input.oneOf("kind", SENSOR_KINDS) ?? KIND_OF[input.oneOf("format", LOG_FORMATS) ?? "auto"];
  const { sensor } = await api.call("sensor.create", { body: { name: wanted, kind } });
  context.print.say(
    `Registered ${sensor.id} ${visible(sensor.name)} (${kind}). For a key of its own: tyr sensor rotate ${sensor.id}`,
  );
  return sensor;
}

function showTotals({ print }: Context, totals: Totals, sensor: Sensor): void {
  const seconds = Math.max(totals.durationMs / 1000, 0.001);
  print.one(totals, () => [
    `${totals.lines} lines (${showBytes(totals.bytes)}) in ${seconds.toFixed(1)} s, ${Math.round(totals.lines / seconds)} lines/s`,
    `stored ${totals.stored}, duplicate ${totals.duplicate}, rejected ${totals.rejected}, late ${totals.late}`,
    ...(totals.replayedLines > 0 ? [`${totals.replayedLines} lines had been imported before`] : []),
  ]);
  if (totals.rejected > 0)
    print.warn(
      `${totals.rejected} line(s) were not understood; they are kept: tyr sensor quarantine ${visible(sensor.name)}`,
    );
  if (totals.cutLines > 0) print.warn(`${totals.cutLines} line(s) longer than 1 MiB were cut there`);
}

function progressLine(input: OpenedInput, totals: Totals, startedAt: number): string {
  const share =
    input.bytesTotal === undefined || input.bytesTotal === 0
      ? ""
      : ` ${Math.floor((input.bytesRead() / input.bytesTotal) * 100)}%`;
  const rate = Math.round(totals.lines / Math.max((performance.now() - startedAt) / 1000, 0.001));
  return `${input.name}${share} ${totals.lines} lines, ${rate}/s, rejected ${totals.rejected}`;
}

/** What was acknowledged stays: says so whenever an import ends early. */
function interrupted(error: unknown, totals: Totals): CliFailure {
  const consequence = `${totals.lines} lines are acknowledged and stored. Run the same command again: nothing is stored twice.`;
  if (error instanceof Error && error.name === "AbortError")
    return new CliFailure("interrupted", { exit: EXIT.cancelled, consequence });
  const failure = toFailure(error);
  return totals.lines === 0 ? failure : new CliFailure(failure.message, { ...failure.parts, consequence });
}

async function importAll(context: Context, files: readonly string[], options: SendOptions): Promise<Totals> {
  const { print, world } = context;
  const totals = noTotals();
  const startedAt = performance.now();
  const onProgress = (input: OpenedInput): void => print.progress(progressLine(input, totals, startedAt));
  try {
    for (const file of files) {
      const target = { ...options.target, ref: file === "-" ? "stdin" : file };
      await importFile(file, { ...options, target, world, totals, onProgress });
    }
  } catch (error) {
    print.endProgress();
    throw interrupted(error, totals);
  }
  print.endProgress();
  totals.durationMs = Math.round(performance.now() - startedAt);
  return totals;
}

export const importFiles: Run = async (context, input): Promise<ExitCode> => {
  const { print, world } = context;
  const files = input.values;
  const follow = input.flag("follow");
  if (follow && files.includes("-"))
    throw usage("stdin cannot be followed", "Leave --follow out: stdin is read until it ends.");
  if (follow) for (const file of files) await refuseTtyLog(file);
  if (files.filter((file) => file === "-").length > 1) throw usage("stdin can be read once");
  const year = input.whole("year", { min: 1970, max: 9999 });
  const format = input.oneOf("format", LOG_FORMATS) ?? "auto";
  const api = await context.api({ timeoutMs: 120_000 });
  const sensor = await sensorFor(context, api, input);
  const options: SendOptions = {
    api,
    target: { sensorId: sensor.id, format, year, ref: "" },
    signal: world.signal,
    onWait: (seconds, reason) => print.progress(`waiting ${seconds} s: ${reason}`),
  };
  if (follow) {
    const { followFiles } = await import("../follow/follow-files.ts");
    return await followFiles(context, files, options);
  }
  showTotals(context, await importAll(context, files, options), sensor);
  return EXIT.ok;
};
