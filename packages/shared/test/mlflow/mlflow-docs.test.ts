import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

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

test("only cola doctor deletes in MLflow: the run and the alias that it made itself", () => {
  const deletes = [
    ...source.matchAll(/"([a-z-]+\/delete)"|method: "DELETE",\s+path: `\$\{API\}\/([a-z-]+\/[a-z]+)`/g),
  ];
  expect(deletes.map(([, post, other]) => post ?? other)).toEqual(["registered-models/alias", "runs/delete"]);
  expect([...source.matchAll(/\/delete|method: "DELETE",/g)]).toHaveLength(deletes.length);

  const callers = sourceFiles(join(root, "packages")).filter((file) =>
    /\.discard\(|\.removeAlias\(/.test(readFileSync(file, "utf8")),
  );
  expect(callers.map((file) => relative(join(root, "packages/producer/src/doctor"), file)).sort()).toEqual([
    "mlflow/alias.ts",
    "mlflow/artifacts.ts",
  ]);
});

function sourceFiles(packages: string): string[] {
  return readdirSync(packages).flatMap((name) =>
    readdirSync(join(packages, name, "src"), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts"))
      .map((file) => join(packages, name, "src", file)),
  );
}
