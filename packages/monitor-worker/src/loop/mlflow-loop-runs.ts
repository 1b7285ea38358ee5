import type { MlflowClient } from "@colaml/shared/mlflow/client";
import { RUN_TAGS, sourceTags, stepTag } from "@colaml/shared/mlflow/run-tags";
import type { LoopRuns } from "./loop-runs";

/** The loop's parent run: its steps are tags; checks, trainings and rollbacks are its children. */
export function createLoopRuns(client: MlflowClient): LoopRuns {
  const tag = (runId: string, key: string, value: string) =>
    client.runs.log(runId, { tags: [{ key, value }] });
  const create = async (experiment: string, name: string, tags: Record<string, string>) => {
    const experimentId = await client.experiments.ensure(experiment);
    const all = { ...sourceTags({ sourceName: "monitor-worker" }), ...tags };
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
        [RUN_TAGS.kind]: "closed-loop",
        [RUN_TAGS.incident]: entry.incident,
        [RUN_TAGS.rule]: entry.rule,
        [RUN_TAGS.model]: model,
        [RUN_TAGS.job]: `${entry.queue} ${entry.jobId}`,
      }),
    async tell(runId, note, model, experiment) {
      if ("step" in note) return tag(runId, stepTag(note.step), note.text);
      if ("child" in note) return tag(note.child, RUN_TAGS.parentRunId, runId);
      if ("close" in note) return client.runs.finish(runId, "FINISHED", Date.now());
      const { from, to, reason } = note.rollback;
      const child = await create(experiment, `rollback ${model} v${from} to v${to}`, {
        [RUN_TAGS.parentRunId]: runId,
        [RUN_TAGS.kind]: "rollback",
        [RUN_TAGS.model]: model,
        [RUN_TAGS.fromVersion]: from,
        [RUN_TAGS.toVersion]: to,
        [RUN_TAGS.reason]: reason,
      });
      await client.runs.finish(child, "FINISHED", Date.now());
    },
  };
}
