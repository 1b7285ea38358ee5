import { championHistory } from "@colaml/shared/mlflow/champion";
import type { MlflowClient } from "@colaml/shared/mlflow/client";
import type { ModelVersion } from "@colaml/shared/mlflow/registry";
import { VERDICT_TAGS } from "@colaml/shared/mlflow/verdict-tags";

/** One decision about a version. */
export interface Decision {
  /** ISO 8601, UTC; absent in what older releases wrote. */
  at?: string;
  version: string;
  /** `held` and `rejected` left the champion as it was. */
  decision: "promoted" | "rolled back" | "held" | "rejected";
  reason: string;
  /** Champion before, of a version that became champion. */
  replaced?: string;
  /** Who did it by hand, as far as known. */
  by?: string;
}

const UNMOVED: Readonly<Record<string, Decision["decision"]>> = { HOLD: "held", REJECT: "rejected" };

/** What was decided about the versions of a model, newest first: by the champion check, by hand, by the closed loop. */
export async function modelDecisions(mlflow: MlflowClient, name: string): Promise<Decision[]> {
  const [versions, history] = await Promise.all([
    mlflow.registry.versions(name),
    championHistory(mlflow, name),
  ]);
  const moved = history.map(
    ({ rollback, ...entry }): Decision => ({
      ...entry,
      decision: rollback ? "rolled back" : "promoted",
    }),
  );
  return [...moved, ...versions.flatMap(unmoved)].sort((a, b) => (b.at ?? "").localeCompare(a.at ?? ""));
}

function unmoved({ version, tags }: ModelVersion): Decision[] {
  const decision = UNMOVED[tags[VERDICT_TAGS.verdict] ?? ""];
  if (decision === undefined) return [];
  const at = tags[VERDICT_TAGS.at];
  return [{ ...(at !== undefined && { at }), version, decision, reason: tags[VERDICT_TAGS.reason] ?? "" }];
}
