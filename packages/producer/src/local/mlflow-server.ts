import { existsSync } from "node:fs";
import { join } from "node:path";
import { ColaError, messageOf } from "@colaml/shared/errors/cola-error";
import { makeFolders } from "@colaml/shared/files/make-folders";
import { stateFolder } from "@colaml/shared/files/state-folder";
import { type RunningChild, startChild } from "./child-process";
import { freePort, needPort } from "./free-port";
import { httpStatus } from "./http-status";

/** Measured: 5 to 8 s warm; the first start compiles Python files and makes the database. */
const READY_TIMEOUT_MS = 180_000;
/** A port found free may be taken before the server binds it. */
const START_TRIES = 3;
const HEALTH_MS = 2_000;

export interface EmbeddedMlflow {
  uri: string;
  port: number;
  child: RunningChild;
}

export interface MlflowServerOptions {
  /** Database and artifacts live in `<stateDir>/mlflow`. */
  stateDir: string;
  /** Python environment that holds mlflow. */
  pythonDir: string;
  /** Bytes of the log; default 64 MiB. */
  maxLogBytes?: number | undefined;
  /** Waited for until it is free; default: a free one. */
  port?: number;
  /** Tried first; if it is taken, another free one. */
  preferredPort?: number;
}

/**
 * Starts a real `mlflow server` on loopback over SQLite; it proxies artifacts, so clients need only its address.
 *
 * @throws ColaError MLFLOW_UNREACHABLE when it is not installed, does not come up, or its port is taken
 */
export async function startMlflow(options: MlflowServerOptions): Promise<EmbeddedMlflow> {
  const python = join(options.pythonDir, "bin", "python");
  if (!existsSync(python)) {
    throw new ColaError(
      "MLFLOW_UNREACHABLE",
      `no Python environment at ${options.pythonDir}: set COLAML_PYTHON to a Python that has MLflow, or set MLFLOW_TRACKING_URI`,
    );
  }
  const dir = stateFolder(options.stateDir).mlflow;
  await makeFolders(dir, 0o700);
  if (options.port !== undefined) await needPort(options.port, "MLflow", "MLFLOW_UNREACHABLE");
  for (let left = START_TRIES; ; left--) {
    const preferred = left === START_TRIES ? options.preferredPort : undefined;
    const port = options.port ?? (await freePort(preferred));
    try {
      const child = await startChild({
        name: "MLflow",
        command: python,
        args: mlflowArgs(port),
        cwd: dir,
        env: mlflowEnvironment(),
        logFile: join(stateFolder(options.stateDir).logs, "mlflow.log"),
        maxLogBytes: options.maxLogBytes,
        ready: async () => (await healthStatus(port, HEALTH_MS)) === 200,
        readyTimeoutMs: READY_TIMEOUT_MS,
        failure: "MLFLOW_UNREACHABLE",
      });
      return { uri: `http://127.0.0.1:${port}`, port, child };
    } catch (error) {
      const taken = options.port === undefined && /in use/i.test(messageOf(error));
      if (!taken || left <= 1) throw error;
    }
  }
}

/** Paths are relative to the working folder: an absolute one may hold what a database URL would take apart. */
function mlflowArgs(port: number): string[] {
  return [
    ...["-m", "mlflow", "server", "--host", "127.0.0.1", "--port", String(port), "--workers", "1"],
    ...["--backend-store-uri", "sqlite:///mlflow.db", "--artifacts-destination", "./artifacts"],
  ];
}

/** The caller's environment without what would point the server elsewhere. */
function mlflowEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(_?MLFLOW_|PYTHONPATH$|PYTHONHOME$)/.test(name),
  );
  return {
    ...Object.fromEntries(kept),
    // Else it starts eight helper processes.
    MLFLOW_SERVER_ENABLE_JOB_EXECUTION: "false",
    MLFLOW_DISABLE_TELEMETRY: "true",
    DO_NOT_TRACK: "true",
    PYTHONUNBUFFERED: "1",
    PYTHONWARNINGS: "ignore",
  };
}

/** Whether it answers at all, whatever it says. */
export const answersAsMlflow = async (port: number, timeoutMs: number) =>
  (await healthStatus(port, timeoutMs)) !== undefined;

const healthStatus = (port: number, timeoutMs: number) =>
  httpStatus(`http://127.0.0.1:${port}/health`, timeoutMs);
