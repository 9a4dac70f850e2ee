import { SINGLE_PERSON_DELAY_MINUTES, type SinglePersonView } from "@tyr/contract";
import type { Context, Run } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import type { Input } from "../input.ts";
import { showInstant } from "../output/instants.ts";
import { pairs } from "../output/table.ts";

const DELAY_SECONDS = {
  min: SINGLE_PERSON_DELAY_MINUTES.min * 60,
  max: SINGLE_PERSON_DELAY_MINUTES.max * 60,
};

function printView({ print }: Context, view: SinglePersonView): void {
  print.one(view, () =>
    pairs(
      [
        ["single-person mode", view.on ? "on" : "off"],
        ["own approvals count after", view.delayMinutes === null ? null : `${view.delayMinutes} minutes`],
        ["changed", view.change === null ? null : showInstant(view.change.at)],
        ["by", view.change?.by.name],
        ["because", view.change?.reason],
        ["ends", view.endsAt === null ? null : `${showInstant(view.endsAt)}: somebody else may approve`],
      ],
      print.paint,
    ),
  );
}

export const show: Run = async (context) => {
  printView(context, await (await context.api()).call("singlePerson.get", {}));
  return EXIT.ok;
};

async function turn(context: Context, input: Input, on: boolean) {
  const seconds = on ? input.seconds("delay", DELAY_SECONDS) : undefined;
  const body = {
    on,
    reason: input.required("reason"),
    ...(seconds === undefined ? {} : { delayMinutes: Math.ceil(seconds / 60) }),
  };
  printView(context, await (await context.api()).call("singlePerson.set", { body }));
  return EXIT.ok;
}

export const turnOn: Run = async (context, input) => {
  if (!input.flag("yes"))
    await context.ask.confirm("Let whoever asks for an action approve it too, where one person is enough?", "--yes");
  return await turn(context, input, true);
};
export const turnOff: Run = async (context, input) => await turn(context, input, false);
