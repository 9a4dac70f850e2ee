import { ApiProblem } from "@tyr/contract";

/** By what: where the server takes nothing but a passkey, it says so. */
export type ProofBy = "anything" | "passkey";
/** Asks whoever sits here to prove who they are. @returns false when they would not */
export type AskProof = (by: ProofBy) => Promise<boolean>;

let askProof: AskProof | undefined;

/** @returns undoes it */
export function answerProofsWith(ask: AskProof): () => void {
  askProof = ask;
  return () => {
    if (askProof === ask) askProof = undefined;
  };
}

export function isProblem(error: unknown, code: string): boolean {
  return error instanceof ApiProblem && error.problem.code === code;
}

function byOf(error: unknown): ProofBy {
  const only = error instanceof ApiProblem && "by" in error.problem && error.problem.by === "passkey";
  return only ? "passkey" : "anything";
}

/** Does it; where the server asks for a recent proof first, has it given and does it once more. */
export async function withProof<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isProblem(error, "STEP_UP_NEEDED") || askProof === undefined || !(await askProof(byOf(error)))) throw error;
    return await work();
  }
}
