import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { alertRulesSchema } from "@colaml/shared/contracts/alert-rules";

const root = resolve(__dirname, "../../../..");
const read = (path: string) => readFileSync(resolve(root, path), "utf8");

describe("the examples", () => {
  it("hold alert rules that the monitor takes", () => {
    expect(alertRulesSchema.safeParse(JSON.parse(read("examples/alert-rules.json"))).error).toBeUndefined();
  });
});
