import {
  isCustomRole,
  PERMISSIONS,
  ROLE_NAMES,
  ROLES,
  type BuiltInRole,
  type Permission,
  type Role,
  type User,
} from "@tyr/contract";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useCallback, useState, type ChangeEvent, type ReactNode } from "react";
import { ask } from "../api/queries.ts";
import { roleTitle, useCan } from "../api/session.ts";
import { NameField, PasswordField, passwordOf } from "../kit/credentials.tsx";
import { ageColumn, sinceColumn } from "../kit/columns.tsx";
import { DataTable, type Column } from "../kit/data-table.tsx";
import { brokenBy } from "../duties/open-pairs.ts";
import { Dialog } from "../kit/dialog.tsx";
import { formText } from "../kit/field.tsx";
import { FormEnd } from "../kit/form-end.tsx";
import { Form } from "../kit/form.tsx";
import { Icon } from "../kit/icon.tsx";
import { ErrorNotice, Loaded } from "../kit/notice.tsx";
import { SidePanel } from "../kit/side-panel.tsx";
import { useAct } from "../kit/use-act.ts";
import { useSort } from "../search/use-sort.ts";
import { Guarded } from "../shell/guarded.tsx";
import { PageHead } from "../shell/page-head.tsx";
import { HelpIn } from "./help-in.tsx";
import { MANAGED_BY, meansOf, SECOND_FACTOR, STATE, UserState } from "./means.tsx";

const route = getRouteApi("/app/users");

const COLUMNS: readonly Column<User>[] = [
  {
    id: "name",
    header: "Name",
    sortBy: (row) => row.name,
    cell: (row) => (
      <Link from="/users" to="/users" search={(old) => ({ ...old, user: row.id })} className="row-link strong">
        {row.name}
      </Link>
    ),
  },
  { id: "roles", header: "Roles", cell: (row) => row.roles.map(roleTitle).join(", ") },
  STATE,
  SECOND_FACTOR,
  MANAGED_BY,
  ageColumn({ id: "seen", header: "Last seen" }, (row) => row.lastSeenAt),
  sinceColumn("Created"),
];

export function UsersPage(): ReactNode {
  return (
    <Guarded needs="user:read">
      <Users />
    </Guarded>
  );
}

function Users(): ReactNode {
  const { user: selected } = route.useSearch();
  const sorting = useSort();
  const navigate = route.useNavigate();
  const can = useCan();
  const [creating, setCreating] = useState(false);
  const query = useQuery(ask("user.list", {}));
  const open = query.data?.items.find((user) => user.id === selected);
  const close = useCallback(() => void navigate({ search: (old) => ({ ...old, user: undefined }) }), [navigate]);
  return (
    <div className="page split">
      <div className="split-main">
        <PageHead
          title="Users"
          about="Who may do what. Whoever asks for an action can never approve it, whatever their roles."
        >
          {can("user:write") ? (
            <button type="button" className="button primary" onClick={() => setCreating(true)}>
              <Icon name="plus" /> Create a user
            </button>
          ) : null}
        </PageHead>
        <Loaded query={query}>
          {({ items }) => (
            <DataTable
              caption="Users"
              columns={COLUMNS}
              rows={items}
              rowKey={(row) => row.id}
              selectedKey={selected}
              onOpen={(row) => void navigate({ search: (old) => ({ ...old, user: row.id }) })}
              {...sorting}
            />
          )}
        </Loaded>
      </div>
      {open === undefined ? null : <UserPanel key={open.id} user={open} onClose={close} />}
      {creating ? <CreateUser onClose={() => setCreating(false)} /> : null}
    </div>
  );
}

const isRole = (value: FormDataEntryValue): value is Role =>
  typeof value === "string" && (isCustomRole(value) || ROLE_NAMES.some((role) => role === value));
const chosenRoles = (form: FormData): Role[] => form.getAll("roles").filter(isRole);

/** Roles with what each adds; a role is a set of permissions and nothing more. */
type RoleBoxesProps = Readonly<{ chosen: readonly Role[]; of?: User["id"]; disabled?: boolean }>;
function RoleBoxes({ chosen, of, disabled = false }: RoleBoxesProps): ReactNode {
  const [picked, setPicked] = useState(chosen);
  const onChange = (event: ChangeEvent<HTMLFieldSetElement>): void =>
    setPicked(new FormData(event.currentTarget.form ?? undefined).getAll("roles").filter(isRole));
  const custom = useQuery(ask("role.list", {})).data?.items.filter(({ builtIn }) => !builtIn) ?? [];
  return (
    <fieldset className="roles" disabled={disabled} onChange={onChange}>
      <legend>Roles</legend>
      {custom.map(({ name, permissions }) => (
        <label key={name} className="role">
          <input type="checkbox" name="roles" value={name} defaultChecked={chosen.includes(name)} />
          <span>
            <strong>{name}</strong>
            <span className="muted small">{permissions.join(", ")}</span>
          </span>
        </label>
      ))}
      {ROLE_NAMES.map((role) => (
        <label key={role} className="role">
          <input type="checkbox" name="roles" value={role} defaultChecked={chosen.includes(role)} />
          <span>
            <strong>{roleTitle(role)}</strong>
            <span className="muted small">{permissionWords(role)}</span>
          </span>
        </label>
      ))}
      <Broken chosen={picked} subject={of} />
    </fieldset>
  );
}

/** What the server would refuse, while it can still be chosen otherwise. */
function Broken({
  chosen,
  subject,
}: Readonly<{ chosen: readonly Role[]; subject: User["id"] | undefined }>): ReactNode {
  const duties = useQuery(ask("duty.conflicts", {})).data;
  const roles = useQuery(ask("role.list", {})).data?.items;
  if (duties === undefined || roles === undefined) return null;
  const broken = brokenBy({ roles: chosen, subject }, duties, roles);
  return broken.length === 0 ? null : (
    <ul className="warning" role="status">
      {broken.map(({ pair, said }) => (
        <li key={pair.id}>{said}</li>
      ))}
    </ul>
  );
}

function permissionWords(role: BuiltInRole): string {
  const reading: readonly Permission[] = ROLES.viewer;
  const own = (ROLES[role] as readonly Permission[]).filter((permission) => !reading.includes(permission));
  return own.length === 0
    ? "reads everything except audit and users"
    : own.map((permission) => PERMISSIONS[permission]).join("; ");
}

/** Roles and state that an administrator changes here, and no provider does. */
function leftToUs({ active, managedBy }: User, may: boolean): Readonly<{ mayGive: boolean; mayTurn: boolean }> {
  return { mayGive: may && managedBy?.roles !== true, mayTurn: may && (active || managedBy?.active !== false) };
}

/** What its provider owns of an account is changed there; the server refuses it here. */
function ManagedNote({ user: { managedBy } }: Readonly<{ user: User }>): ReactNode {
  if (managedBy === undefined) return null;
  const roles = managedBy.roles ? " Its groups there give the roles here." : "";
  const gone = managedBy.active ? "" : " It says that this person left, so the account is enabled there only.";
  return <p className="muted small">{`Managed by ${managedBy.name}.${roles}${gone}`}</p>;
}

function UserPanel({ user, onClose }: Readonly<{ user: User; onClose: () => void }>): ReactNode {
  return (
    <SidePanel title={user.name} onClose={onClose}>
      <p className="badges">
        <UserState user={user} />
      </p>
      <p>
        <Link to="/audit" search={{ actor: user.id }}>
          What this person did
        </Link>
      </p>
      {user.erased === true ? (
        <p>This person was erased. The log keeps what was done under this id; nobody becomes it again.</p>
      ) : (
        <Account user={user} />
      )}
    </SidePanel>
  );
}

function Means({ user }: Readonly<{ user: User }>): ReactNode {
  if (user.means === undefined) return null;
  const words = meansOf(user);
  return (
    <>
      <p className="muted small">
        {words === "" ? "No second factor and no passkey: a password alone opens it." : `Besides a password: ${words}.`}
      </p>
      {user.means.locked ? (
        <p className="warning">
          The password failed 100 times in a row and counts no more, until you unlock it or a passkey is used.
        </p>
      ) : null}
    </>
  );
}

/** What an administrator may change of an account that somebody has. */
function Account({ user }: Readonly<{ user: User }>): ReactNode {
  const can = useCan();
  const [problem, setProblem] = useState<string>();
  const change = useAct("user.change", {
    stale: ["user", "session"],
    done: (changed) => ({ text: `${changed.name} is changed`, ref: changed.id }),
  });
  const may = can("user:write");
  const { mayGive, mayTurn } = leftToUs(user, may);
  const submit = (form: FormData): void => {
    const roles = chosenRoles(form);
    setProblem(roles.length === 0 ? "Choose at least one role, or disable the user." : undefined);
    if (roles.length > 0) change.mutate({ params: { id: user.id }, body: { roles } });
  };
  return (
    <>
      <ManagedNote user={user} />
      <Means user={user} />
      <Form onData={submit}>
        <RoleBoxes chosen={user.roles} of={user.id} disabled={!mayGive} />
        {problem === undefined ? null : <p className="warning">{problem}</p>}
        {change.error === null ? null : <ErrorNotice error={change.error} />}
        {may ? (
          <p className="form-foot">
            <button
              type="button"
              className="button danger-quiet"
              disabled={change.isPending || !mayTurn}
              onClick={() => change.mutate({ params: { id: user.id }, body: { active: !user.active } })}
            >
              {user.active ? "Disable" : "Enable"}
            </button>
            <button type="submit" className="button primary" disabled={change.isPending || !mayGive}>
              Save roles
            </button>
          </p>
        ) : null}
        {may && user.active ? (
          <p className="muted small">Disabling ends every session of this person at once.</p>
        ) : null}
      </Form>
      {may && user.active ? <HelpIn user={user} /> : null}
    </>
  );
}

function CreateUser({ onClose }: Readonly<{ onClose: () => void }>): ReactNode {
  const [problem, setProblem] = useState<string>();
  const create = useAct("user.create", {
    stale: ["user"],
    done: (user) => ({ text: `${user.name} may sign in`, ref: user.id }),
    after: onClose,
  });
  const submit = (form: FormData): void => {
    const roles = chosenRoles(form);
    setProblem(roles.length === 0 ? "Choose at least one role." : undefined);
    if (roles.length === 0) return;
    create.mutate({ body: { name: formText(form, "name"), password: passwordOf(form), roles } });
  };
  return (
    <Dialog title="Create a user" onClose={onClose}>
      <Form onData={submit}>
        <NameField hint="Letters, digits and . _ @ -, for signing in." autoComplete="off" isNew />
        <PasswordField
          label="First password"
          hint="At least 15 characters. Hand it over in person: for 72 hours it is good for choosing their own."
          isNew
        />
        <RoleBoxes chosen={["analyst"]} />
        {problem === undefined ? null : <p className="warning">{problem}</p>}
        <FormEnd verb="Create" error={create.error} busy={create.isPending} onCancel={onClose} />
      </Form>
    </Dialog>
  );
}
