import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(__dirname, "../../../..");
const docs = readFileSync(join(root, "docs/mlflow.md"), "utf8");
const folder = join(root, "packages/shared/src/mlflow");
const source = readdirSync(folder)
  .map((file) => readFileSync(join(folder, file), "utf8"))
  .join("\n");

test("every tag that is written to MLflow is documented, and the other way round", () => {
  const written = new Set(source.match(/(?<=")colaml\.[a-z_0-9]+(?=")/g));
  const documented = new Set(docs.match(/(?<=`)colaml\.[a-z_0-9]+(?=`)/g));
  expect(written.size).toBeGreaterThan(5);
  expect([...documented].sort()).toEqual([...written].sort());
});

test("nothing in MLflow is ever deleted", () => {
  expect(source).not.toMatch(/delete"|\/delete|method: "DELETE"/);
});
