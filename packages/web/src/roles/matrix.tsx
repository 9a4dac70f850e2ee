import { isCustomRole, PERMISSION_NAMES, PERMISSIONS, type Permission, type RoleView } from "@tyr/contract";
import type { ReactNode } from "react";
import { roleTitle } from "../api/session.ts";
import { Icon } from "../kit/icon.tsx";

type Group = Readonly<{ noun: string; permissions: readonly Permission[] }>;

/** Permissions by the noun before the colon, in the order the contract names them. */
export function byNoun(permissions: readonly Permission[]): readonly Group[] {
  const groups = new Map<string, Permission[]>();
  for (const one of permissions) {
    const [noun = one] = one.split(":");
    groups.set(noun, [...(groups.get(noun) ?? []), one]);
  }
  return [...groups].map(([noun, own]) => ({ noun, permissions: own }));
}

const titleOf = (name: RoleView["name"]): string => (isCustomRole(name) ? name : roleTitle(name));

/** What sensors, enforcement points and programs hold alone is no part of what roles give. */
function heldBySome(roles: readonly RoleView[]): readonly Permission[] {
  return PERMISSION_NAMES.filter((one) => roles.some(({ permissions }) => permissions.includes(one)));
}

/** Every role against every permission some role gives: who may do what, at one look. */
export function Matrix({ roles }: Readonly<{ roles: readonly RoleView[] }>): ReactNode {
  return (
    <section aria-labelledby="matrix" className="section-table">
      <h2 id="matrix">Who may do what</h2>
      <div className="table-scroll matrix" tabIndex={0} role="region" aria-label="Permissions of every role">
        <table className="table">
          <caption className="sr-only">Permissions of every role</caption>
          <thead>
            <tr>
              <th scope="col">Permission</th>
              {roles.map(({ name }) => (
                <th key={name} scope="col">
                  {titleOf(name)}
                </th>
              ))}
            </tr>
          </thead>
          {byNoun(heldBySome(roles)).map(({ noun, permissions }) => (
            <tbody key={noun}>
              <tr className="matrix-noun">
                <th scope="rowgroup" colSpan={roles.length + 1}>
                  {noun}
                </th>
              </tr>
              {permissions.map((one) => (
                <Line key={one} permission={one} roles={roles} />
              ))}
            </tbody>
          ))}
        </table>
      </div>
    </section>
  );
}

function Line({ permission, roles }: Readonly<{ permission: Permission; roles: readonly RoleView[] }>): ReactNode {
  return (
    <tr>
      <th scope="row">
        <code>{permission}</code>
        <span className="muted small matrix-words">{PERMISSIONS[permission]}</span>
      </th>
      {roles.map(({ name, permissions }) => (
        <td key={name}>
          {permissions.includes(permission) ? (
            <>
              <Icon name="check" size={14} />
              <span className="sr-only">yes</span>
            </>
          ) : (
            <span className="muted">
              <span aria-hidden="true">·</span>
              <span className="sr-only">no</span>
            </span>
          )}
        </td>
      ))}
    </tr>
  );
}
