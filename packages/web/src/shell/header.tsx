import { Link, useNavigate } from "@tanstack/react-router";
import { DropdownMenu } from "radix-ui";
import type { ReactNode } from "react";
import { roleTitle, useSession } from "../api/session.ts";
import { useSignOut } from "../api/use-sign-out.ts";
import { Icon, type IconName } from "../kit/icon.tsx";
import { live, useLive } from "../live/use-live.ts";
import type { Zone } from "../time/format.ts";
import { useNow, useZone } from "../time/use-zone.ts";
import { setPreferences, usePreferences, type Theme } from "./preferences.ts";

export function Header({ onPalette }: Readonly<{ onPalette: () => void }>): ReactNode {
  return (
    <header className="header">
      <button type="button" className="search-button" onClick={onPalette} aria-keyshortcuts="Control+K Meta+K">
        <Icon name="search" />
        <span>Go to or search</span>
        <kbd>Ctrl K</kbd>
      </button>
      <div className="header-end">
        <LiveLight />
        <ZoneSwitch />
        <ThemeSwitch />
        <UserMenu />
      </div>
    </header>
  );
}

function LiveLight(): ReactNode {
  const { connection, losses } = useLive();
  const now = useNow(1000);
  if (connection.state === "waiting") {
    const seconds = Math.max(0, Math.ceil((connection.retryAt - now) / 1000));
    return (
      <button type="button" className="live-light waiting" onClick={() => live.retryNow()}>
        <span className="live-dot" />
        Offline, again in {seconds} s
      </button>
    );
  }
  const word = connection.state === "live" ? "Live" : connection.state === "connecting" ? "Connecting" : "Stopped";
  const title =
    losses === 0 ? "No message was missed" : `Missed messages ${losses} times; the screens were read again each time`;
  return (
    <span className={`live-light ${connection.state}`} title={title}>
      <span className="live-dot" />
      {word}
    </span>
  );
}

function ZoneSwitch(): ReactNode {
  const zone = useZone();
  const navigate = useNavigate();
  const choose = (tz: Zone): void => {
    void navigate({ to: ".", search: (previous) => ({ ...previous, tz }), replace: true });
  };
  return (
    <div className="switch" role="group" aria-label="Time zone of all times">
      {(["local", "utc"] as const).map((choice) => (
        <button key={choice} type="button" aria-pressed={zone === choice} onClick={() => choose(choice)}>
          {choice === "utc" ? "UTC" : "Local"}
        </button>
      ))}
    </div>
  );
}

const THEME_ICONS: Readonly<Record<Theme, IconName>> = { system: "system", light: "sun", dark: "moon" };

function ThemeSwitch(): ReactNode {
  const { theme } = usePreferences();
  return (
    <div className="switch" role="group" aria-label="Theme">
      {(["system", "light", "dark"] as const).map((choice) => (
        <button
          key={choice}
          type="button"
          aria-pressed={theme === choice}
          aria-label={`${choice} theme`}
          title={`${choice} theme`}
          onClick={() => setPreferences({ theme: choice })}
        >
          <Icon name={THEME_ICONS[choice]} size={14} />
        </button>
      ))}
    </div>
  );
}

function UserMenu(): ReactNode {
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
      <DropdownMenu.Portal>
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
          <DropdownMenu.Item className="menu-item" onSelect={signOut}>
            <span className="menu-check" />
            Sign out
          </DropdownMenu.Item>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
