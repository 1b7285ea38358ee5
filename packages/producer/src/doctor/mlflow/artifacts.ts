import { messageOf } from "@colaml/shared/errors/cola-error";
import type { MlflowClient } from "@colaml/shared/mlflow/client";
import { type Finding, ok, problem } from "../finding";

const CHECK = "mlflow artifacts";
const FILE = "doctor.txt";

export interface ArtifactCheck {
  /** The experiment of runs: made if it is missing, as a training would. */
  experiment: string;
  /** Milliseconds since 1970. */
  clock: () => number;
  /** What is written: another text each time, so that no cache answers. */
  text: string;
}

/** Writes a file into a run of its own, reads it back, and marks the run as deleted, whatever came out. */
export async function checkMlflowArtifacts(
  mlflow: Pick<MlflowClient, "experiments" | "runs" | "artifacts">,
  { experiment, clock, text }: ArtifactCheck,
): Promise<Finding> {
  const mend =
    "check --artifacts-destination of the MLflow server, the rights and the room of its folder or bucket";
  try {
    const experimentId = await mlflow.experiments.ensure(experiment);
    const run = { experimentId, name: "cola doctor", startTime: clock(), tags: [] };
    const { runId, artifactUri } = await mlflow.runs.create(run);
    try {
      await mlflow.artifacts.upload(artifactUri, FILE, Buffer.from(text));
      const back = (await mlflow.artifacts.download(artifactUri, FILE)).toString("utf8");
      if (back !== text)
        return problem(CHECK, `a file of ${text.length} bytes came back as other ${back.length}`, mend);
    } finally {
      await mlflow.runs.finish(runId, "FINISHED", clock());
      await mlflow.runs.discard(runId);
    }
    return ok(CHECK, `a file went there and back in experiment ${experiment}; its run is marked as deleted`);
  } catch (error) {
    return problem(CHECK, messageOf(error), mend);
  }
}
