import { MODES, SETTINGS_AS_SHIPPED, type ModeName, type Settings, type SettingsEdit } from "@tyr/contract";
import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { ask } from "../api/queries.ts";
import { useCan } from "../api/session.ts";
import { Dialog } from "../kit/dialog.tsx";
import { Field, formText } from "../kit/field.tsx";
import { FormEnd } from "../kit/form-end.tsx";
import { Form } from "../kit/form.tsx";
import { MODE_WORDS } from "../kit/mode.tsx";
import { Loaded } from "../kit/notice.tsx";
import { useAct } from "../kit/use-act.ts";
import { Hostile } from "../text/hostile.tsx";
import { Time } from "../time/time.tsx";
import { SETTING_GROUPS, type Setting } from "./setting-words.ts";

/** What can be set of how modes come and go, what counts as too much, and when automation asks. */
export function SettingsCard(): ReactNode {
  const can = useCan();
  const [editing, setEditing] = useState(false);
  const query = useQuery({ ...ask("settings.get", {}), enabled: can("policy:read") });
  if (!can("policy:read")) return null;
  return (
    <section className="card mode-settings" aria-labelledby="mode-settings">
      <div className="section-head">
        <h2 id="mode-settings">Settings</h2>
        {query.data !== undefined && can("settings:write") ? (
          <button type="button" className="button small" onClick={() => setEditing(true)}>
            Change settings
          </button>
        ) : null}
      </div>
      <Loaded query={query} lines={5}>
        {(settings) => (
          <>
            <Shown settings={settings} />
            {editing ? <EditSettings settings={settings} onClose={() => setEditing(false)} /> : null}
          </>
        )}
      </Loaded>
    </section>
  );
}

function wordOf(setting: Setting, value: Settings[Setting["name"]]): string {
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (setting.kind === "mode") return modeWord(value);
  return setting.unit === undefined ? String(value) : `${value.toLocaleString("en")} ${setting.unit}`;
}

const modeWord = (value: unknown): string => {
  const mode = MODES.find((one): one is ModeName => one === value);
  return mode === undefined ? "unknown" : MODE_WORDS[mode].toLowerCase();
};

function Shown({ settings }: Readonly<{ settings: Settings }>): ReactNode {
  const { updatedAt, updatedBy, notes } = settings;
  return (
    <>
      <div className="setting-groups">
        {SETTING_GROUPS.map(([title, group]) => (
          <section key={title} aria-label={title}>
            <h3>{title}</h3>
            <dl className="facts">
              {group.map((setting) => (
                <div key={setting.name} className="fact">
                  <dt>{setting.label}</dt>
                  <dd>
                    {wordOf(setting, settings[setting.name])}
                    {settings[setting.name] === SETTINGS_AS_SHIPPED[setting.name] ? null : (
                      <span className="muted small">
                        {" "}
                        (as shipped: {wordOf(setting, SETTINGS_AS_SHIPPED[setting.name])})
                      </span>
                    )}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
      {notes === null ? null : (
        <p className="justification">
          <Hostile text={notes} limit={4000} />
        </p>
      )}
      <p className="muted small">
        {updatedAt === null ? (
          "As shipped: nobody changed them."
        ) : (
          <>
            Changed <Time at={updatedAt} /> by <Hostile text={updatedBy?.name ?? "unknown"} limit={80} />.
          </>
        )}
      </p>
    </>
  );
}

type EditProps = Readonly<{ settings: Settings; onClose: () => void }>;

/** Only what differs is sent, so that two people who change different things keep both. */
function editOf(settings: Settings, form: FormData): SettingsEdit {
  const edit: Record<string, unknown> = {};
  for (const [, group] of SETTING_GROUPS) {
    for (const { name, kind } of group) {
      const typed = formText(form, name);
      const value = kind === "switch" ? typed === "on" : kind === "number" ? Number(typed) : typed;
      if (value !== settings[name]) edit[name] = value;
    }
  }
  const notes = formText(form, "notes") || null;
  return { ...edit, ...(notes === settings.notes ? {} : { notes }) };
}

function EditSettings({ settings, onClose }: EditProps): ReactNode {
  const edit = useAct("settings.edit", {
    stale: ["settings", "mode", "overview", "rule"],
    done: () => ({ text: "The settings are changed" }),
    after: onClose,
  });
  return (
    <Dialog title="Change settings" onClose={onClose} wide>
      <Form onData={(form) => edit.mutate({ body: editOf(settings, form) })}>
        {SETTING_GROUPS.map(([title, group]) => (
          <fieldset key={title} className="setting-fields">
            <legend>{title}</legend>
            {group.map((setting) => (
              <SettingField key={setting.name} setting={setting} value={settings[setting.name]} />
            ))}
          </fieldset>
        ))}
        <Field label="Notes" hint="Optional. Everybody who reads policies sees them.">
          {(control) => (
            <textarea {...control} name="notes" rows={2} maxLength={4000} defaultValue={settings.notes ?? ""} />
          )}
        </Field>
        <p className="muted small">They count from the next event and the next decision on.</p>
        <FormEnd verb="Change settings" error={edit.error} busy={edit.isPending} onCancel={onClose} />
      </Form>
    </Dialog>
  );
}

type SettingFieldProps = Readonly<{ setting: Setting; value: Settings[Setting["name"]] }>;

function SettingField({ setting: { name, label, kind, unit, min, max }, value }: SettingFieldProps): ReactNode {
  if (kind === "switch")
    return (
      <label className="check">
        <input type="checkbox" name={name} defaultChecked={value === true} /> <span>{label}</span>
      </label>
    );
  if (kind === "mode")
    return (
      <Field label={label}>
        {(control) => (
          <select {...control} name={name} defaultValue={String(value)}>
            {MODES.map((mode) => (
              <option key={mode} value={mode}>
                {MODE_WORDS[mode]}
              </option>
            ))}
          </select>
        )}
      </Field>
    );
  const labelled = unit === undefined ? label : `${label} (${unit})`;
  return (
    <Field label={labelled}>
      {(control) =>
        kind === "text" ? (
          <input {...control} name={name} required maxLength={64} defaultValue={String(value)} spellCheck={false} />
        ) : (
          <input
            {...control}
            name={name}
            type="number"
            required
            min={min}
            max={max}
            step={1}
            defaultValue={String(value)}
          />
        )
      }
    </Field>
  );
}
