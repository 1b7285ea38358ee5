import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { bundleToFiles } from "@colaml/shared/learning/model/bundle-files";
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

const READ = `
import json, sys, mlflow, pandas
model = mlflow.pyfunc.load_model(f"models:/{sys.argv[1]}/1")
rows = pandas.DataFrame({"body": ["please HELP me", None, None], "subject": [None, "nothing here", None]}, dtype=object)
frame = model.predict(rows)
print(json.dumps({
    "probabilities": frame["probability_True"].round(6).tolist()[:2],
    "missing": frame["label"].isna().tolist(),
    "inputs": model.metadata.signature.inputs.to_dict(),
    "example": model.input_example.to_dict(orient="split")["columns"],
    "scored": len(model.predict(model.input_example)),
}))
`;

test("mlflow.pyfunc takes the columns of a text by their names, nulls among them", async () => {
  const bundle = exampleBundle();
  const text = ["subject", "body"];
  const name = uniqueName("model");
  const files = bundleToFiles({ ...bundle, columns: { ...bundle.columns, text } });
  const model = { ...exampleModel(name, bundle), textColumn: text, files };
  await publishModel(clientFor(testServer()), exampleRun(uniqueName("e"), SMALL_RUN), model);
  const { stdout } = await run(process.env["COLAML_PYTHON"]!, ["-c", READ, name], {
    env: { PATH: process.env["PATH"], MLFLOW_TRACKING_URI: testServer() },
    timeout: 120_000,
  });
  const { help, none } = EXAMPLE_PROBABILITIES;
  expect(JSON.parse(stdout.trim().split("\n").at(-1)!)).toEqual({
    probabilities: [expect.closeTo(help, 5), expect.closeTo(none, 5)],
    missing: [false, false, true],
    inputs: text.map((column) => ({ type: "string", name: column, required: true })),
    example: text,
    scored: 1,
  });
}, 150_000);
