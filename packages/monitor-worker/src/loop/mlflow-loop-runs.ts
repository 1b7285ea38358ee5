import type { MlflowClient } from "@colaml/shared/mlflow/client";
import type { LoopRuns } from "./closed-loop";

/** The loop's parent run: its steps are tags, the runs it causes its children. */
export function createLoopRuns(client: MlflowClient): LoopRuns {
  const tag = (runId: string, key: string, value: string) =>
    client.runs.log(runId, { tags: [{ key, value }] });
  return {
    async open(entry, model, experiment) {
      const experimentId = await client.experiments.ensure(experiment);
      const tags = {
        "mlflow.source.name": "monitor-worker",
        "mlflow.source.type": "JOB",
        "colaml.kind": "closed-loop",
        "colaml.incident": entry.incident,
        "colaml.rule": entry.rule,
        "colaml.model": model,
        "colaml.job": `${entry.queue} ${entry.jobId}`,
      };
      const run = await client.runs.create({
        experimentId,
        name: `closed loop ${entry.incident}`,
        startTime: Date.now(),
        tags: Object.entries(tags).map(([key, value]) => ({ key, value })),
      });
      return run.runId;
    },
    note: (runId, step, text) => tag(runId, `colaml.step.${step}`, text),
    adopt: (parent, child) => tag(child, "mlflow.parentRunId", parent),
    close: (runId) => client.runs.finish(runId, "FINISHED", Date.now()),
  };
}
