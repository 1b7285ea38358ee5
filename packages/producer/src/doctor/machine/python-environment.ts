import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { messageOf } from "@colaml/shared/errors/cola-error";
import { type Finding, ok, problem } from "../finding";

const CHECK = "python";
const VERSION_OF_MLFLOW = "import importlib.metadata as m; print(m.version('mlflow'))";

/** Whether the Python environment that embedded servers run in is there and holds MLflow; it does not start MLflow. */
export async function checkPythonEnvironment(pythonDir: string): Promise<Finding> {
  const python = join(pythonDir, "bin", "python");
  const servers = "set REDIS_URL and MLFLOW_TRACKING_URI to servers that run";
  if (!existsSync(python))
    return ok(CHECK, `not at ${pythonDir} yet: it is installed when a server is first started here`);
  try {
    const { stdout } = await promisify(execFile)(python, ["-c", VERSION_OF_MLFLOW], { timeout: 4_000 });
    return ok(CHECK, `MLflow ${stdout.trim()} in ${pythonDir}`);
  } catch (error) {
    const [line = ""] = messageOf(error).trim().split("\n").slice(-1);
    return problem(
      CHECK,
      `MLflow is not in ${pythonDir}: ${line}`,
      `remove that folder, then \`npm run cola\` installs it again; or ${servers}`,
    );
  }
}
