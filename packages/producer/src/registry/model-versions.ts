import { aliasUri } from "@colaml/shared/contracts/names";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { championOf } from "@colaml/shared/mlflow/champion";
import type { MlflowClient } from "@colaml/shared/mlflow/client";
import { resolveModel } from "@colaml/shared/mlflow/load-model";
import type { ModelVersion } from "@colaml/shared/mlflow/registry";
import { CHAMPION, PREVIOUS } from "@colaml/shared/mlflow/registry-names";
import { SAFE_NAME } from "@colaml/shared/settings/safe-name";

/** Prefix of a run's metrics on the test rows. */
const TEST = "test_";

/** A version as the command line and the API show it. */
export interface VersionView {
  version: string;
  aliases: string[];
  /** ISO 8601, UTC. */
  createdAt: string;
  runId: string;
  /** On the test rows, under MLflow's names without `test_`; empty if the run was deleted. */
  metrics: Record<string, number>;
  tags: Record<string, string>;
}

/** A page of the versions of a model, newest first. */
export interface VersionPage {
  versions: VersionView[];
  /** Number of the version that the next page begins below; absent on the last one. */
  next?: number;
}

/**
 * Versions with their metrics: each costs a request.
 *
 * @param page at most `limit` versions with numbers below `before`
 */
export async function modelVersions(
  mlflow: MlflowClient,
  name: string,
  page: { limit: number; before?: number | undefined },
): Promise<VersionPage> {
  const { limit, before = Number.POSITIVE_INFINITY } = page;
  const [all, aliases] = await Promise.all([mlflow.registry.versions(name), aliasesOf(mlflow, name)]);
  const below = all.filter(({ version }) => Number(version) < before);
  const shown = below.slice(0, limit);
  return {
    versions: await Promise.all(shown.map((version) => viewOf(mlflow, version, aliases))),
    ...(below.length > limit && { next: Number(shown.at(-1)!.version) }),
  };
}

/** What one model comes to. */
export interface ModelOverview {
  name: string;
  /** Versions by alias; absent: none has it. */
  champion?: VersionView;
  previous?: string;
  newest: string;
}

/**
 * The number of the newest version.
 *
 * @throws ColaError MODEL_NOT_FOUND for a name without versions, which MLflow's searches answer with an empty list
 */
export async function newestVersion(mlflow: MlflowClient, name: string): Promise<string> {
  const [newest] = await mlflow.registry.versions(name, "", 1);
  if (newest !== undefined) return newest.version;
  throw new ColaError(
    "MODEL_NOT_FOUND",
    `no registered model ${JSON.stringify(name)} with a version: train one`,
  );
}

/** @throws ColaError MODEL_NOT_FOUND */
export async function modelOverview(mlflow: MlflowClient, name: string): Promise<ModelOverview> {
  const newest = await newestVersion(mlflow, name);
  const [champion, previous] = await Promise.all([
    championOf(mlflow, name),
    mlflow.registry.versionOfAlias(name, PREVIOUS),
  ]);
  return {
    name,
    ...(champion && { champion: await viewOf(mlflow, champion, await aliasesOf(mlflow, name)) }),
    ...(previous && { previous: previous.version }),
    newest,
  };
}

/**
 * One version by its number, `latest` or an alias.
 *
 * @throws ColaError MODEL_NOT_FOUND, saying why a model has no champion and which version can be used
 */
export async function modelVersion(mlflow: MlflowClient, name: string, which: string): Promise<VersionView> {
  const isNumber = /^(\d{1,9}|latest)$/.test(which);
  const { version } = await resolveModel(
    mlflow,
    isNumber ? `models:/${name}/${which}` : aliasUri(name, which),
  );
  const [found, aliases] = await Promise.all([
    mlflow.registry.version(name, version),
    aliasesOf(mlflow, name),
  ]);
  return viewOf(mlflow, found, aliases);
}

/** A registered model in a list. */
export interface ListedModel {
  name: string;
  /** Number of the champion; absent: there is none. */
  champion?: string;
}

/**
 * Registered models, the one that was changed last first.
 *
 * @returns `leftOut`: models of others whose names no path can hold; `more`: there are more than `limit`
 */
export async function registeredModels(
  mlflow: MlflowClient,
  limit: number,
): Promise<{ models: ListedModel[]; leftOut: number; more: boolean }> {
  const names = await mlflow.registry.names(limit + 1);
  const usable = names.slice(0, limit).filter((name) => SAFE_NAME.test(name));
  const models = usable.map(async (name) => {
    const champion = await championOf(mlflow, name);
    return { name, ...(champion && { champion: champion.version }) };
  });
  return {
    models: await Promise.all(models),
    leftOut: Math.min(limit, names.length) - usable.length,
    more: names.length > limit,
  };
}

/** Version -> aliases that ColaML gives; a search does not always list them. */
async function aliasesOf(mlflow: MlflowClient, name: string): Promise<Map<string, string[]>> {
  const found = await Promise.all(
    [CHAMPION, PREVIOUS].map(
      async (alias) => [alias, await mlflow.registry.versionOfAlias(name, alias)] as const,
    ),
  );
  const aliases = new Map<string, string[]>();
  for (const [alias, version] of found) {
    if (version) aliases.set(version.version, [...(aliases.get(version.version) ?? []), alias]);
  }
  return aliases;
}

async function viewOf(
  mlflow: MlflowClient,
  version: ModelVersion,
  aliases: Map<string, string[]>,
): Promise<VersionView> {
  const metrics = await testMetricsOf(mlflow, version.runId);
  return {
    version: version.version,
    aliases: [...new Set([...version.aliases, ...(aliases.get(version.version) ?? [])])],
    createdAt: new Date(version.createdAt).toISOString(),
    runId: version.runId,
    metrics,
    tags: version.tags,
  };
}

/** Of a run's metrics those on the test rows, without their prefix. */
export function testMetrics(metrics: Readonly<Record<string, number>>): Record<string, number> {
  const test = Object.entries(metrics).filter(([key]) => key.startsWith(TEST));
  return Object.fromEntries(test.map(([key, value]) => [key.slice(TEST.length), value]));
}

/** None if the run was deleted. */
async function testMetricsOf(mlflow: MlflowClient, runId: string): Promise<Record<string, number>> {
  try {
    const { metrics } = await mlflow.runs.get(runId);
    return testMetrics(metrics);
  } catch (error) {
    if (error instanceof ColaError && error.code !== "MLFLOW_UNREACHABLE") return {};
    throw error;
  }
}
