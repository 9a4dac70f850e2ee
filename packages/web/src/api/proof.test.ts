import { ApiProblem } from "@tyr/contract";
import { afterEach, describe, expect, test } from "vitest";
import { answerProofsWith, withProof } from "./proof.ts";

const refused = (code: string): ApiProblem =>
  new ApiProblem({ type: "", title: "", status: 403, detail: code, code, help: "", requestId: "" });

describe("what asks for a recent proof", () => {
  let undo = (): void => undefined;
  afterEach(() => undo());

  function refusing(times: number, code = "STEP_UP_NEEDED") {
    let tries = 0;
    return async (): Promise<number> => {
      tries += 1;
      if (tries <= times) throw refused(code);
      return await Promise.resolve(tries);
    };
  }

  test("is done once more when the proof was given, and not asked for twice", async () => {
    let asked = 0;
    undo = answerProofsWith(async () => await Promise.resolve((asked += 1) > 0));
    expect(await withProof(refusing(1))).toBe(2);
    await expect(withProof(refusing(2))).rejects.toMatchObject({ problem: { code: "STEP_UP_NEEDED" } });
    expect(asked).toBe(2);
  });

  test("stays refused when the proof was not given, or nobody can be asked", async () => {
    await expect(withProof(refusing(1))).rejects.toMatchObject({ problem: { code: "STEP_UP_NEEDED" } });
    undo = answerProofsWith(async () => await Promise.resolve(false));
    await expect(withProof(refusing(1))).rejects.toMatchObject({ problem: { code: "STEP_UP_NEEDED" } });
  });

  test("is nothing that was refused for another reason", async () => {
    undo = answerProofsWith(async () => await Promise.resolve(true));
    await expect(withProof(refusing(1, "NOT_PERMITTED"))).rejects.toMatchObject({ problem: { code: "NOT_PERMITTED" } });
  });
});
