import { spawn } from "node:child_process";
import { statSync } from "node:fs";
import { dirname, join } from "node:path";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { INSTALLATION_FOLDER } from "@colaml/shared/settings/installation";

const SCRIPT = join(INSTALLATION_FOLDER, "scripts", "setup-python.mjs");

/**
 * The folder of a Python environment with MLflow and a Redis: that of `COLAML_PYTHON`, else the one that ColaML keeps,
 * which is installed now if it is missing. What it installs is said on stderr.
 *
 * @throws ColaError CONFIG_INVALID if it cannot be installed, with the reason on stderr; if `COLAML_PYTHON` is not a program
 */
export async function pythonTools(
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<string> {
  const given = env["COLAML_PYTHON"];
  if (given && !statSync(given, { throwIfNoEntry: false })?.isFile())
    throw new ColaError(
      "CONFIG_INVALID",
      `COLAML_PYTHON is ${JSON.stringify(given)}, which is not a file: name the program, such as /path/to/venv/bin/python, or leave it out`,
    );
  return foundPython(env, []);
}

/** That folder, whether it is there or not: nothing is installed. */
export function pythonToolsFolder(
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<string> {
  return foundPython(env, ["--where"]);
}

function foundPython(
  env: Readonly<Record<string, string | undefined>>,
  args: readonly string[],
): Promise<string> {
  const given = env["COLAML_PYTHON"];
  if (given) return Promise.resolve(dirname(dirname(given)));
  return new Promise((done, reject) => {
    const child = spawn(process.execPath, [SCRIPT, ...args], { env, stdio: ["ignore", "pipe", "inherit"] });
    let printed = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      printed += text;
    });
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) return done(printed.trim());
      const mend = "mend what is said above, or set REDIS_URL and MLFLOW_TRACKING_URI to servers that run";
      reject(new ColaError("CONFIG_INVALID", `Python with MLflow and Redis could not be set up: ${mend}`));
    });
  });
}
