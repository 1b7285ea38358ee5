import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { promote } from "@colaml/shared/mlflow/champion";
import { publishModel } from "@colaml/shared/mlflow/publish-model";
import {
  clientFor,
  EXAMPLE_PROBABILITIES,
  exampleBundle,
  exampleModel,
  exampleRun,
  SMALL_RUN,
  testServer,
  uniqueName,
} from "./example-publication";

const run = promisify(execFile);

/** Labels that YAML, JSON, Python or JavaScript could stumble over. */
const ODD_LABELS = ['a: "b" # c', "constructor", "año 😀\u007f\u2028", "__proto__"];

let folder: string;
let environment: NodeJS.ProcessEnv;
afterAll(() => rm(folder, { recursive: true, force: true }));

const python = (...args: string[]) => {
  const program = process.env["COLAML_PYTHON"];
  if (!program) throw new Error("COLAML_PYTHON is not set: run jest with its global setup");
  return run(program, args, { env: environment, cwd: folder, timeout: 120_000 });
};

async function publishChampion(classes?: string[]): Promise<string> {
  const client = clientFor(testServer());
  const name = uniqueName("model");
  const model = exampleModel(name, exampleBundle(classes));
  const { version } = await publishModel(client, exampleRun(uniqueName("e"), SMALL_RUN), model);
  await promote(client, name, version.version, "the first");
  return name;
}

const READ = `
import json, sys, mlflow, pandas
def read(name):
    model = mlflow.pyfunc.load_model(f"models:/{name}@champion")
    frame = model.predict(pandas.DataFrame({"text": ["please HELP me", "nothing here", ""]}))
    return {
        "columns": list(frame.columns),
        "labels": list(frame["label"]),
        "probabilities": frame.drop(columns="label").values.tolist(),
        "inputs": model.metadata.signature.inputs.to_dict(),
        "outputs": model.metadata.signature.outputs.to_dict(),
        "example": model.input_example.to_dict(orient="split"),
        "run": model.metadata.run_id,
    }
print(json.dumps([read(name) for name in sys.argv[1:]]))
`;

interface ReadModel {
  columns: string[];
  labels: string[];
  probabilities: number[][];
  inputs: object[];
  outputs: object[];
  example: object;
  run: string;
}

let champion: string;
let plain: ReadModel;
let odd: ReadModel;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "colaml-python-"));
  environment = { PATH: process.env["PATH"], HOME: folder, MLFLOW_TRACKING_URI: testServer() };
  champion = await publishChampion();
  // One process for both: importing mlflow takes most of the time.
  const { stdout } = await python("-c", READ, champion, await publishChampion(ODD_LABELS));
  [plain, odd] = JSON.parse(stdout.trim().split("\n").at(-1)!) as [ReadModel, ReadModel];
}, 120_000);

test("mlflow.pyfunc loads the champion, predicts, and shows its signature and input example", () => {
  expect(plain.columns).toEqual(["label", "probability_False", "probability_True"]);
  expect(plain.labels).toEqual(["True", "False", "False"]);
  const { help, none } = EXAMPLE_PROBABILITIES;
  for (const [row, expected] of [help, none, none].entries()) {
    expect(plain.probabilities[row]![1]).toBeCloseTo(expected, 6);
    expect(plain.probabilities[row]![0]).toBeCloseTo(1 - expected, 6);
  }
  expect(plain.inputs).toEqual([{ type: "string", name: "text", required: true }]);
  expect(plain.outputs).toEqual([
    { type: "string", name: "label", required: true },
    { type: "double", name: "probability_False", required: true },
    { type: "double", name: "probability_True", required: true },
  ]);
  expect(plain.example).toMatchObject({
    columns: ["text"],
    data: [['my "phone" broke: help\n# no comment 😀']],
  });
  expect(plain.run).toMatch(/^[0-9a-f]{32}$/);
});

test("classes of any spelling are read as they are", () => {
  expect(odd.columns).toEqual(["label", ...ODD_LABELS.map((label) => `probability_${label}`)]);
  expect(odd.labels[0]).toBe(ODD_LABELS[0]);
  // softmax of the margins 1.2 and three times 0.3
  const sum = Math.exp(1.2) + 3 * Math.exp(0.3);
  expect(odd.probabilities[0]![0]).toBeCloseTo(Math.exp(1.2) / sum, 6);
  expect(odd.probabilities[0]![3]).toBeCloseTo(Math.exp(0.3) / sum, 6);
});

test("`mlflow models predict` scores a file", async () => {
  const input = join(folder, "input.json");
  await writeFile(
    input,
    JSON.stringify({ dataframe_split: { columns: ["text"], data: [["help"], ["no"]] } }),
  );
  const output = ["models", "predict", "-m", `models:/${champion}@champion`, "-i", input, "-t", "json"];
  const { stdout } = await python("-m", "mlflow", ...output, "--env-manager", "local");
  const { predictions } = JSON.parse(stdout.trim().split("\n").at(-1)!) as {
    predictions: { label: string }[];
  };
  expect(predictions.map(({ label }) => label)).toEqual(["True", "False"]);
});
