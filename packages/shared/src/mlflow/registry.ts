import { z } from "zod";
import { doneAnswer, keyValues, listOf, wholeNumber } from "./answer-schemas";
import { isAlreadyThere, isMissing } from "./api-error";
import type { KeyValue } from "./log-batch";
import { clip, safeKey } from "./log-batch";
import { searchPages } from "./search-pages";
import type { MlflowTransport } from "./transport";

const API = "/api/2.0/mlflow";
/** Versions that one page of a search holds. */
const PAGE = 200;
/** Longest tag of a version; MLflow's own limit differs by its database. */
const MAX_TAG_LENGTH = 5_000;

export interface ModelVersion {
  name: string;
  version: string;
  runId: string;
  /** `models:/<model id>`, or an artifact URI. */
  source: string;
  /** Milliseconds since 1970. */
  createdAt: number;
  status: string;
  tags: Record<string, string>;
  aliases: string[];
}

const versionSchema = z.object({
  name: z.string(),
  version: z.string(),
  run_id: z.string().default(""),
  source: z.string().default(""),
  creation_timestamp: wholeNumber,
  status: z.string().default(""),
  tags: keyValues,
  aliases: listOf(z.string()),
});
const versionAnswer = z.object({ model_version: versionSchema });
const versionsAnswer = z.object({
  model_versions: listOf(versionSchema),
  next_page_token: z.string().optional(),
});
const named = z.object({ name: z.string() });
const modelsAnswer = z.object({ registered_models: listOf(named) });
const madeModelAnswer = z.object({ registered_model: named });
const aliasesAnswer = z.object({
  registered_model: z.object({ aliases: listOf(z.object({ alias: z.string(), version: z.string() })) }),
});

/** The model registry: versions and aliases. */
export class Registry {
  constructor(private readonly transport: MlflowTransport) {}

  async ensureModel(name: string): Promise<void> {
    try {
      await this.#post("registered-models/create", { name }, false, madeModelAnswer);
    } catch (error) {
      if (!isAlreadyThere(error)) throw error;
    }
  }

  async createVersion(version: {
    name: string;
    modelId: string;
    runId: string;
    tags: KeyValue[];
  }): Promise<ModelVersion> {
    const body = {
      name: version.name,
      source: `models:/${version.modelId}`,
      run_id: version.runId,
      model_id: version.modelId,
      tags: version.tags.map(clipTag),
    };
    const made = await this.#post("model-versions/create", body, false, versionAnswer);
    return versionOf(made.model_version);
  }

  /** Names of registered models, those that were changed last first. */
  async names(maxResults: number): Promise<string[]> {
    const query = { max_results: maxResults, order_by: "last_updated_timestamp DESC" };
    const found = await this.#get("registered-models/search", query, modelsAnswer);
    return found.registered_models.map(({ name }) => name);
  }

  async version(name: string, version: string): Promise<ModelVersion> {
    const found = await this.#get("model-versions/get", { name, version }, versionAnswer);
    return versionOf(found.model_version);
  }

  /** The version an alias points at, or nothing if the alias or the model is missing. */
  async versionOfAlias(name: string, alias: string): Promise<ModelVersion | undefined> {
    try {
      const found = await this.#get("registered-models/alias", { name, alias }, versionAnswer);
      return versionOf(found.model_version);
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /**
   * Versions of a model, newest first; none if there is no such model.
   *
   * @param filter more of MLflow's filter, e.g. ` and run_id='abc'`
   */
  versions(name: string, filter = "", maxResults = 10_000): Promise<ModelVersion[]> {
    const query = {
      filter: `name='${name.replaceAll("'", "")}'${filter}`,
      order_by: "version_number DESC",
    };
    return searchPages({ page: PAGE, all: maxResults }, async (page) => {
      const answer = await this.#get("model-versions/search", { ...query, ...page }, versionsAnswer);
      return { found: answer.model_versions.map(versionOf), next: answer.next_page_token };
    });
  }

  /** Registered model with its aliases: alias -> version. */
  async aliases(name: string): Promise<Map<string, string>> {
    const found = await this.#get("registered-models/get", { name }, aliasesAnswer);
    return new Map(found.registered_model.aliases.map(({ alias, version }) => [alias, version]));
  }

  async setAlias(name: string, alias: string, version: string): Promise<void> {
    await this.#post("registered-models/alias", { name, alias, version }, true, doneAnswer);
  }

  /** Takes an alias away; the version that it stood for stays. */
  async removeAlias(name: string, alias: string): Promise<void> {
    await this.transport.json(
      {
        method: "DELETE",
        path: `${API}/registered-models/alias`,
        body: { name, alias },
        idempotent: true,
      },
      doneAnswer,
    );
  }

  async setVersionTag(name: string, version: string, tag: KeyValue): Promise<void> {
    await this.#post("model-versions/set-tag", { name, version, ...clipTag(tag) }, true, doneAnswer);
  }

  #get<T>(path: string, query: Record<string, string | number>, answer: z.ZodType<T>): Promise<T> {
    return this.transport.json({ method: "GET", path: `${API}/${path}`, query, idempotent: true }, answer);
  }

  #post<T>(path: string, body: unknown, idempotent: boolean, answer: z.ZodType<T>): Promise<T> {
    return this.transport.json({ method: "POST", path: `${API}/${path}`, body, idempotent }, answer);
  }
}

const clipTag = ({ key, value }: KeyValue): KeyValue => ({
  key: safeKey(key),
  value: clip(value, MAX_TAG_LENGTH),
});

function versionOf(found: z.infer<typeof versionSchema>): ModelVersion {
  return {
    name: found.name,
    version: found.version,
    runId: found.run_id,
    source: found.source,
    createdAt: found.creation_timestamp,
    status: found.status,
    tags: Object.fromEntries(found.tags.map(({ key, value }) => [key, value])),
    aliases: found.aliases,
  };
}
