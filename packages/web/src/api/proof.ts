import { ApiProblem } from "@tyr/contract";

/** Asks whoever sits here to prove who they are. @returns false when they would not */
export type AskProof = () => Promise<boolean>;

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

/** Does it; where the server asks for a recent proof first, has it given and does it once more. */
export async function withProof<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isProblem(error, "STEP_UP_NEEDED") || askProof === undefined || !(await askProof())) throw error;
    return await work();
  }
}
