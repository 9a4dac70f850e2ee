import { appForms } from "./apps.ts";
import { databaseForms } from "./database.ts";
import { decoyForms } from "./decoys.ts";
import { desktopForms } from "./desktops.ts";
import { fileForms } from "./files.ts";
import type { Form, Found } from "./form.ts";
import { mailForms } from "./mail.ts";
import { networkForms } from "./network.ts";
import { readTemplate } from "./template.ts";
import type { Shape } from "./times.ts";
import { voipForms } from "./voip.ts";
import { webServerForms } from "./web-servers.ts";

/** Every line of a service we understand; of several forms that fit, the first. */
export const serviceForms: readonly Form[] = [
  ...mailForms,
  ...fileForms,
  ...databaseForms,
  ...voipForms,
  ...networkForms,
  ...webServerForms,
  ...appForms,
  ...desktopForms,
  ...decoyForms,
];

function grouped<Key extends string>(keysOf: (form: Form) => readonly Key[]): ReadonlyMap<Key, readonly Form[]> {
  const groups = new Map<Key, Form[]>();
  for (const form of serviceForms) {
    for (const key of keysOf(form)) groups.set(key, [...(groups.get(key) ?? []), form]);
  }
  return groups;
}

const byProgram = grouped(({ service }) => service.programs ?? []);
const byShape = grouped(({ service }) => service.shapes ?? []);

function firstFitting(forms: readonly Form[] | undefined, text: string): Found | undefined {
  for (const form of forms ?? []) {
    const captured = readTemplate(form.template, text);
    if (captured !== undefined) return { form, captured };
  }
  return undefined;
}

/** A message of syslog: only the forms of its program are tried. `postfix/smtpd` is `postfix`. */
export function foundByProgram(program: string, message: string): Found | undefined {
  const slash = program.indexOf("/");
  return firstFitting(byProgram.get(slash < 0 ? program : program.slice(0, slash)), message);
}

/** A line of a service's own log: only the forms whose time is written that way are tried. */
export function foundByShape(shape: Shape, text: string): Found | undefined {
  return firstFitting(byShape.get(shape), text);
}
