import { SETTING_NAMES, SETTINGS_AS_SHIPPED, type Settings, type SettingsEdit } from "@tyr/contract";
import type { Context, Run } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { usage } from "../failure.ts";
import { showInstant } from "../output/instants.ts";
import { pairs } from "../output/table.ts";
import { visible } from "../output/visible-text.ts";

function printSettings({ print }: Context, settings: Settings): void {
  print.one(settings, () =>
    pairs(
      [
        ...SETTING_NAMES.map((name) => [name, visible(String(settings[name] ?? ""))] as const),
        ["changed", showInstant(settings.updatedAt) ?? "never: as shipped"],
        ["by", settings.updatedBy === null ? "" : visible(settings.updatedBy.name)],
      ],
      print.paint,
    ),
  );
}

export const show: Run = async (context) => {
  printSettings(context, await (await context.api()).call("settings.get", {}));
  return EXIT.ok;
};

const BOOLEANS: Readonly<Record<string, boolean>> = {
  true: true,
  on: true,
  yes: true,
  false: false,
  off: false,
  no: false,
};

/** The value as its setting has it; nothing behind `notes=` clears them. */
function valueOf(name: keyof SettingsEdit, text: string): string | number | boolean | null {
  if (name === "notes") return text === "" ? null : text;
  const shipped = SETTINGS_AS_SHIPPED[name];
  if (typeof shipped === "boolean") {
    const value = BOOLEANS[text];
    if (value === undefined) throw usage(`${name}=${visible(text)} is not usable`, "Say true or false.");
    return value;
  }
  if (typeof shipped === "string") return text;
  if (!/^\d{1,9}$/.test(text)) throw usage(`${name}=${visible(text)} is not usable`, "Give a whole number.");
  return Number(text);
}

function changeOf(word: string): readonly [keyof SettingsEdit, string | number | boolean | null] {
  const at = word.indexOf("=");
  const name = SETTING_NAMES.find((one) => one === word.slice(0, at));
  if (at < 0 || name === undefined)
    throw usage(`${visible(word)} is no NAME=VALUE of a setting`, `Names: ${SETTING_NAMES.join(", ")}.`);
  return [name, valueOf(name, word.slice(at + 1))];
}

export const set: Run = async (context, input) => {
  if (input.values.length === 0) throw usage("nothing to change was named", "Say NAME=VALUE, e.g. autoElevate=true.");
  const body = Object.fromEntries(input.values.map(changeOf)) as SettingsEdit;
  printSettings(context, await (await context.api()).call("settings.edit", { body }));
  return EXIT.ok;
};
