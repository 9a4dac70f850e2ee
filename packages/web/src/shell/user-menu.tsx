import { Link } from "@tanstack/react-router";
import { DropdownMenu } from "radix-ui";
import type { ReactNode } from "react";
import { roleTitle, useSession } from "../api/session.ts";
import { useSignOut } from "../api/use-sign-out.ts";
import { Icon } from "../kit/icon.tsx";
import { THEMES, useChosenZone, ZONES } from "./choices.ts";
import { setPreferences, usePreferences } from "./preferences.ts";

/** Who is signed in, and what one chooses for oneself. */
export function UserMenu(): ReactNode {
  const session = useSession();
  const { singleKeys } = usePreferences();
  const { signOut } = useSignOut();
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger className="user-button">
        <span className="avatar" aria-hidden="true">
          {session.user.name.slice(0, 2)}
        </span>
        <span className="user-name">{session.user.name}</span>
        <Icon name="down" size={12} />
      </DropdownMenu.Trigger>
      <DropdownMenu.Content className="menu" align="end" sideOffset={6}>
        <DropdownMenu.Label className="menu-label">
          {session.user.name}
          <span className="muted">{session.user.roles.map(roleTitle).join(", ")}</span>
        </DropdownMenu.Label>
        <DropdownMenu.Item className="menu-item" asChild>
          <Link to="/account">
            <span className="menu-check" />
            Your account and sessions
          </Link>
        </DropdownMenu.Item>
        <DropdownMenu.CheckboxItem
          className="menu-item"
          checked={singleKeys}
          onCheckedChange={(checked) => setPreferences({ singleKeys: checked })}
        >
          <span className="menu-check">{singleKeys ? <Icon name="check" size={14} /> : null}</span>
          Single-key shortcuts (j k a r)
        </DropdownMenu.CheckboxItem>
        <NarrowChoices />
        <DropdownMenu.Item className="menu-item" onSelect={signOut}>
          <span className="menu-check" />
          Sign out
        </DropdownMenu.Item>
      </DropdownMenu.Content>
    </DropdownMenu.Root>
  );
}

/** The header's switches, where it is too narrow for them; elsewhere these are hidden (frame.css). */
function NarrowChoices(): ReactNode {
  const { zone, choose } = useChosenZone();
  const { theme } = usePreferences();
  return (
    <>
      <Choice label="Time zone of all times" options={ZONES} value={zone} onChange={choose} />
      <Choice label="Theme" options={THEMES} value={theme} onChange={(chosen) => setPreferences({ theme: chosen })} />
    </>
  );
}

type ChoiceProps<T extends string> = Readonly<{
  label: string;
  options: readonly Readonly<{ value: T; item: string }>[];
  value: T;
  onChange: (value: T) => void;
}>;

function Choice<T extends string>({ label, options, value, onChange }: ChoiceProps<T>): ReactNode {
  return (
    <DropdownMenu.RadioGroup
      className="menu-narrow"
      aria-label={label}
      value={value}
      onValueChange={(next) => {
        const chosen = options.find((one) => one.value === next);
        if (chosen !== undefined) onChange(chosen.value);
      }}
    >
      {options.map((one) => (
        <DropdownMenu.RadioItem key={one.value} value={one.value} className="menu-item">
          <span className="menu-check">{one.value === value ? <Icon name="check" size={14} /> : null}</span>
          {one.item}
        </DropdownMenu.RadioItem>
      ))}
    </DropdownMenu.RadioGroup>
  );
}
