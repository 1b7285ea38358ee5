import type { MlflowClient } from "@colaml/shared/mlflow/client";
import type { LoopRuns } from "./loop-runs";

/** The loop's parent run: its steps are tags; checks, trainings and rollbacks are its children. */
export function createLoopRuns(client: MlflowClient): LoopRuns {
  const tag = (runId: string, key: string, value: string) =>
    client.runs.log(runId, { tags: [{ key, value }] });
  const create = async (experiment: string, name: string, tags: Record<string, string>) => {
    const experimentId = await client.experiments.ensure(experiment);
    const all = { "mlflow.source.name": "monitor-worker", "mlflow.source.type": "JOB", ...tags };
    const run = await client.runs.create({
      experimentId,
      name,
      startTime: Date.now(),
      tags: Object.entries(all).map(([key, value]) => ({ key, value })),
    });
    return run.runId;
  };
  return {
    open: (entry, model) =>
      create(entry.experiment, `closed loop ${entry.incident}`, {
        "colaml.kind": "closed-loop",
        "colaml.incident": entry.incident,
        "colaml.rule": entry.rule,
        "colaml.model": model,
        "colaml.job": `${entry.queue} ${entry.jobId}`,
      }),
    async tell(runId, note, model, experiment) {
      if ("step" in note) return tag(runId, `colaml.step.${note.step}`, note.text);
      if ("child" in note) return tag(note.child, "mlflow.parentRunId", runId);
      if ("close" in note) return client.runs.finish(runId, "FINISHED", Date.now());
      const { from, to, reason } = note.rollback;
      const child = await create(experiment, `rollback ${model} v${from} to v${to}`, {
        "mlflow.parentRunId": runId,
        "colaml.kind": "rollback",
        "colaml.model": model,
        "colaml.from_version": from,
        "colaml.to_version": to,
        "colaml.reason": reason,
      });
      await client.runs.finish(child, "FINISHED", Date.now());
    },
  };
}
