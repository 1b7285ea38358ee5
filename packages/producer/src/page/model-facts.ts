import { ColaError } from "@colaml/shared/errors/cola-error";
import { type ChampionEntry, championHistory, championOf } from "@colaml/shared/mlflow/champion";
import type { MlflowClient } from "@colaml/shared/mlflow/client";
import type { ModelVersion } from "@colaml/shared/mlflow/registry";
import { CHAMPION, PREVIOUS } from "@colaml/shared/mlflow/registry-names";
import { VERDICT_TAGS } from "@colaml/shared/mlflow/verdict-tags";
import { testMetrics } from "../registry/model-versions";

/** Models and versions that a page shows: each costs a request or two. */
export const MAX_MODELS = 20;
export const MAX_VERSIONS = 20;
/** Runs whose numbers are remembered: those of a finished training do not change. */
const MAX_RUNS = 1_000;

/** A version with what its training measured on the test rows. */
export interface VersionFacts {
  version: string;
  aliases: string[];
  /** ISO 8601, UTC. */
  createdAt: string;
  /** Under their names in MLflow without `test_`; empty if the run was deleted. */
  metrics: Record<string, number>;
  verdict?: string;
  verdictReason?: string;
  /** Page of its run in MLflow. */
  runUrl?: string;
}

export interface ModelSummary {
  name: string;
  champion?: VersionFacts;
}

export interface ModelFacts {
  name: string;
  champion?: string;
  previous?: string;
  versions: VersionFacts[];
  history: ChampionEntry[];
}

/** What pages show of the registry. */
export interface ModelSource {
  /** @throws ColaError MLFLOW_UNREACHABLE at once while MLflow is away */
  models(): Promise<ModelSummary[]>;
  /** Champion of one model; nothing if it has none. */
  champion(name: string): Promise<VersionFacts | undefined>;
  /** One model with its newest versions; without any if there is no such model. */
  model(name: string): Promise<ModelFacts>;
  /** Page of a run in MLflow; nothing if the run is gone. */
  runPage(runId: string): Promise<string | undefined>;
}

/** @param isUp whether MLflow answers, within a second: a page does not wait for the client's retries */
export function createModelSource(
  mlflow: MlflowClient | undefined,
  isUp: () => Promise<{ ok: boolean; reason?: string }>,
): ModelSource {
  const runs = new Map<string, { metrics: Record<string, number>; url: string }>();

  const client = async (): Promise<MlflowClient> => {
    const { ok, reason = "no answer" } = await isUp();
    if (mlflow && ok) return mlflow;
    throw new ColaError("MLFLOW_UNREACHABLE", `MLflow cannot be reached: ${reason}`);
  };
  const runOf = async (of: MlflowClient, runId: string) => {
    const known = runs.get(runId);
    if (known) return known;
    try {
      const { metrics, experimentId, status } = await of.runs.get(runId);
      const run = { metrics: testMetrics(metrics), url: of.runUrl(experimentId, runId) };
      if (status === "FINISHED") runs.set(runId, run);
      if (runs.size > MAX_RUNS) runs.delete(runs.keys().next().value!);
      return run;
    } catch (error) {
      if (error instanceof ColaError && error.code !== "MLFLOW_UNREACHABLE") return undefined;
      throw error;
    }
  };
  const factsOf = async (
    of: MlflowClient,
    version: ModelVersion,
    aliases: string[],
  ): Promise<VersionFacts> => {
    const run = version.runId === "" ? undefined : await runOf(of, version.runId);
    const verdict = version.tags[VERDICT_TAGS.verdict];
    const reason = version.tags[VERDICT_TAGS.reason];
    return {
      version: version.version,
      aliases,
      createdAt: new Date(version.createdAt).toISOString(),
      metrics: run?.metrics ?? {},
      ...(verdict === undefined ? {} : { verdict }),
      ...(reason === undefined ? {} : { verdictReason: reason }),
      ...(run ? { runUrl: run.url } : {}),
    };
  };
  const championFacts = async (of: MlflowClient, name: string) => {
    const champion = await championOf(of, name);
    return champion && factsOf(of, champion, [CHAMPION]);
  };
  return {
    async models() {
      const of = await client();
      const names = await of.registry.names(MAX_MODELS);
      return Promise.all(
        names.map(async (name) => {
          const champion = await championFacts(of, name);
          return { name, ...(champion && { champion }) };
        }),
      );
    },
    champion: async (name) => championFacts(await client(), name),
    async model(name) {
      const of = await client();
      const [versions, champion, previous, history] = await Promise.all([
        of.registry.versions(name, "", MAX_VERSIONS),
        championOf(of, name),
        of.registry.versionOfAlias(name, PREVIOUS),
        championHistory(of, name),
      ]);
      const aliasesOf = ({ version }: ModelVersion) => [
        ...(version === champion?.version ? [CHAMPION] : []),
        ...(version === previous?.version ? [PREVIOUS] : []),
      ];
      return {
        name,
        ...(champion && { champion: champion.version }),
        ...(previous && { previous: previous.version }),
        versions: await Promise.all(versions.map((version) => factsOf(of, version, aliasesOf(version)))),
        history,
      };
    },
    runPage: async (runId) => (await runOf(await client(), runId))?.url,
  };
}
