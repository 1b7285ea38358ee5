import { type ChildProcess, spawn } from "node:child_process";
import { dirname } from "node:path";
import { freePort } from "@colaml/producer/local/free-port";
import { testServer } from "../../../shared/test/mlflow/example-publication";

/** MLflow's own scoring server. */
export interface MlflowServe {
  url: string;
  stop(): Promise<void>;
}

/** Starts `mlflow models serve` in the environment of the tests, and waits until it answers. */
export async function startMlflowServe(modelUri: string, home: string): Promise<MlflowServe> {
  const folder = dirname(process.env["COLAML_PYTHON"]!);
  const port = await freePort();
  const child = spawn(
    `${folder}/python`,
    ["-m", "mlflow", "models", "serve", "-m", modelUri, "--env-manager", "local", "-p", String(port)],
    {
      // a group of its own: mlflow starts uvicorn as a child
      detached: true,
      stdio: ["ignore", "ignore", "pipe"],
      env: {
        PATH: `${folder}:${process.env["PATH"]}`,
        HOME: home,
        MLFLOW_TRACKING_URI: testServer(),
        MLFLOW_SERVER_ENABLE_JOB_EXECUTION: "false",
      },
    },
  );
  await running(child);
  return { url: `http://127.0.0.1:${port}`, stop: () => stopGroup(child) };
}

/** Resolves when uvicorn says that it listens. */
function running(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = "";
    child.stderr!.on("data", (data: Buffer) => {
      said += data;
      if (said.includes("Uvicorn running")) resolve();
    });
    child.once("exit", () => reject(new Error(`mlflow models serve ended: ${said}`)));
  });
}

async function stopGroup(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = new Promise((resolve) => child.once("close", resolve));
  process.kill(-child.pid!, "SIGTERM");
  await ended;
}
