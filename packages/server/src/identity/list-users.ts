import { sql } from "kysely";
import type { SubjectId, User, UserMeans } from "@tyr/contract";
import type { ReadDatabase } from "#platform/database";
import { FAILURES_MAX } from "./login-delay.ts";
import { isErased, listSubjects } from "./store.ts";
import { userView } from "./view.ts";

/** As `listSubjects`, in the same order: whoever is listed there is here. */
const USERS_MAX = 1_000;

/**
 * Whether a counter of somebody's guesses stands where no password counts any more: the one of the name, or one of a browser
 * they signed in with. The counters are those of known-device.ts, computed by the engine so that a list is one query.
 */
const LOCKED = sql<boolean>`exists (
  select from login_delay where failures >= ${FAILURES_MAX} and (
    name_hash = sha256(convert_to(subject.name_key, 'UTF8'))
    or name_hash in (
      select sha256(convert_to(subject.name_key, 'UTF8') || '\\x00'::bytea || device_hash)
      from known_device where known_device.subject_id = subject.id
    )
  )
)`;

async function listMeans(db: ReadDatabase): Promise<ReadonlyMap<SubjectId, UserMeans>> {
  const rows = await db
    .selectFrom("subject")
    .select((is) => [
      "subject.id",
      is
        .exists(
          is
            .selectFrom("totp")
            .select("totp.subject_id")
            .whereRef("totp.subject_id", "=", "subject.id")
            .where("totp.confirmed_at", "is not", null),
        )
        .as("authenticator"),
      is
        .selectFrom("passkey")
        .select((of) => of.fn.countAll<number>().as("count"))
        .whereRef("passkey.subject_id", "=", "subject.id")
        .where("passkey.refused_since", "is", null)
        .as("passkeys"),
      is
        .selectFrom("federated_identity")
        .select((of) => of.fn.countAll<number>().as("count"))
        .whereRef("federated_identity.subject_id", "=", "subject.id")
        .as("providers"),
      LOCKED.as("locked"),
    ])
    .orderBy("subject.name_key")
    .limit(USERS_MAX)
    .execute();
  return new Map(
    rows.map(({ id, authenticator, passkeys, providers, locked }) => [
      id,
      { authenticator: Boolean(authenticator), passkeys: passkeys ?? 0, providers: providers ?? 0, locked },
    ]),
  );
}

/** Everybody with what they sign in with, in two queries however many they are. Erased people have no means and stay listed. */
export async function listUsers(db: ReadDatabase): Promise<readonly User[]> {
  const [subjects, means] = [await listSubjects(db), await listMeans(db)];
  return subjects.map((subject) => {
    if (isErased(subject)) return { ...userView(subject), erased: true };
    const own = means.get(subject.id);
    return own === undefined ? userView(subject) : { ...userView(subject), means: own };
  });
}
