import { type Finding, ok, problem, warning } from "../finding";

const CHECK = "mlflow version";
/** Logged models came with 3.0. */
const LEAST_MAJOR = 3;
/** Others could overwrite artifacts before 3.10, webhooks reach inside before 3.9, temporary folders be read before 3.11. */
const SAFE_MINOR = 11;

/** Whether the server knows logged models, and whether its known holes are closed. */
export function checkMlflowVersion(version: string | undefined): Finding {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(version ?? "") ?? [];
  if (version === undefined || major === undefined)
    return warning(
      CHECK,
      "the server does not say its version at /version",
      "check that MLFLOW_TRACKING_URI leads to MLflow 3.11 or later",
    );
  const upgrade = "pip install --upgrade 'mlflow>=3.11' on the server, then mlflow db upgrade";
  if (Number(major) < LEAST_MAJOR)
    return problem(CHECK, `MLflow is ${version}: models are logged by ${LEAST_MAJOR}.0 and later`, upgrade);
  const isSafe = Number(major) > LEAST_MAJOR || Number(minor) >= SAFE_MINOR;
  if (isSafe) return ok(CHECK, `MLflow ${version}`);
  return warning(
    CHECK,
    `MLflow is ${version}: CVE-2026-2651, -2393 and -4137 are mended in 3.${SAFE_MINOR}`,
    upgrade,
  );
}
