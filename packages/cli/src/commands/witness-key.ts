import type { Run } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { usage } from "../failure.ts";
import { visible } from "../output/visible-text.ts";
import { makeKey, openDirectory, openKey } from "../witness/key-file.ts";

/** Makes the witness's key where there is none, and prints what verifiers need to know of it. */
export const key: Run = async ({ print, world }, input) => {
  const directory = input.required("dir");
  const name = input.text("name");
  await openDirectory(directory);
  const place = { directory, now: world.now };
  let opened = await openKey(place);
  if (opened === undefined) {
    if (name === undefined)
      throw usage(
        `there is no key in ${visible(directory)} yet`,
        "Name the witness to make one: --name witness.example/audit",
      );
    await makeKey(directory, name);
    opened = await openKey(place);
    print.say(`Made a key in ${visible(directory)}. Give the line below to whoever runs or verifies a log.`);
  } else if (name !== undefined && name !== opened.name)
    throw usage(
      `${visible(directory)} has the key of ${visible(opened.name)}`,
      "Use a new directory for a new witness.",
    );
  if (opened === undefined) throw usage(`${visible(directory)} has no key`);
  const { vkey } = opened;
  print.one({ name: opened.name, vkey }, () => [vkey]);
  return EXIT.ok;
};
