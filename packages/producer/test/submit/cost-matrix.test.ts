import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { costMatrixOf } from "@colaml/producer/submit/cost-matrix";
import { trainPayload } from "@colaml/producer/submit/payloads";
import { resolveConfig } from "@colaml/shared/settings/resolve-config";

const matrix = { spam: { ham: 1 }, ham: { spam: 10 } };

describe("the cost matrix of a setting", () => {
  it("is JSON, or a JSON file, and nothing if it is empty", () => {
    const folder = mkdtempSync(join(tmpdir(), "colaml-costs-"));
    const path = join(folder, "costs.json");
    writeFileSync(path, JSON.stringify(matrix));
    expect(costMatrixOf(JSON.stringify(matrix))).toEqual(matrix);
    expect(costMatrixOf(path)).toEqual(matrix);
    expect(costMatrixOf(" ")).toBeUndefined();
    rmSync(folder, { recursive: true });
  });

  it.each([
    ["{spam", /not JSON/],
    ['{"spam": 3}', /spam/],
    ['{"spam": {"ham": -1}}', /spam: ham/],
    ["/no/such/costs.json", /cannot be read/],
  ])("is refused with what is allowed: %s", (setting, reason) => {
    expect(() => costMatrixOf(setting)).toThrow(reason);
    expect(() => costMatrixOf(setting)).toThrow(/--cost-matrix.*allowed is a JSON file/);
  });

  it("goes into the payload with the other settings of decisions", () => {
    const flags = { "decision.costMatrix": JSON.stringify(matrix), "decision.calibration": "auto" };
    const { decision } = trainPayload(resolveConfig({ flags }), "/data/mails.csv");
    expect(decision).toMatchObject({ calibration: "auto", cost_matrix: matrix, abstain_word: "abstain" });
  });
});
