import { isAlreadyThere, isMissing } from "./api-error";
import type { KeyValue } from "./log-batch";
import { clip, safeKey } from "./log-batch";
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

interface RawVersion {
  name: string;
  version: string;
  run_id?: string;
  source?: string;
  creation_timestamp?: number;
  status?: string;
  tags?: KeyValue[];
  aliases?: string[];
}

/** The model registry: versions and aliases. */
export class Registry {
  constructor(private readonly transport: MlflowTransport) {}

  async ensureModel(name: string): Promise<void> {
    try {
      await this.#post("registered-models/create", { name }, false);
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
    const made = await this.#post<{ model_version: RawVersion }>("model-versions/create", body, false);
    return versionOf(made.model_version);
  }

  /** Names of registered models, those that were changed last first. */
  async names(maxResults: number): Promise<string[]> {
    const found = await this.#get<{ registered_models?: { name: string }[] }>("registered-models/search", {
      max_results: maxResults,
      order_by: "last_updated_timestamp DESC",
    });
    return (found.registered_models ?? []).map(({ name }) => name);
  }

  async version(name: string, version: string): Promise<ModelVersion> {
    const found = await this.#get<{ model_version: RawVersion }>("model-versions/get", { name, version });
    return versionOf(found.model_version);
  }

  /** The version an alias points at, or nothing if the alias or the model is missing. */
  async versionOfAlias(name: string, alias: string): Promise<ModelVersion | undefined> {
    try {
      const found = await this.#get<{ model_version: RawVersion }>("registered-models/alias", {
        name,
        alias,
      });
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
  async versions(name: string, filter = "", maxResults = 10_000): Promise<ModelVersion[]> {
    const versions: ModelVersion[] = [];
    let token = "";
    do {
      const found = await this.#get<{ model_versions?: RawVersion[]; next_page_token?: string }>(
        "model-versions/search",
        {
          filter: `name='${name.replaceAll("'", "")}'${filter}`,
          order_by: "version_number DESC",
          max_results: Math.min(PAGE, maxResults - versions.length),
          ...(token ? { page_token: token } : {}),
        },
      );
      versions.push(...(found.model_versions ?? []).map(versionOf));
      token = found.next_page_token ?? "";
    } while (token !== "" && versions.length < maxResults);
    return versions;
  }

  /** Registered model with its aliases: alias -> version. */
  async aliases(name: string): Promise<Map<string, string>> {
    const found = await this.#get<{ registered_model: { aliases?: { alias: string; version: string }[] } }>(
      "registered-models/get",
      { name },
    );
    return new Map(
      (found.registered_model.aliases ?? []).map(({ alias, version }) => [alias, String(version)]),
    );
  }

  async setAlias(name: string, alias: string, version: string): Promise<void> {
    await this.#post("registered-models/alias", { name, alias, version }, true);
  }

  /** Takes an alias away; the version that it stood for stays. */
  async removeAlias(name: string, alias: string): Promise<void> {
    await this.transport.json({
      method: "DELETE",
      path: `${API}/registered-models/alias`,
      body: { name, alias },
      idempotent: true,
    });
  }

  async setVersionTag(name: string, version: string, tag: KeyValue): Promise<void> {
    await this.#post("model-versions/set-tag", { name, version, ...clipTag(tag) }, true);
  }

  async #get<T>(path: string, query: Record<string, string | number>): Promise<T> {
    return this.transport.json<T>({ method: "GET", path: `${API}/${path}`, query, idempotent: true });
  }

  #post<T>(path: string, body: unknown, idempotent: boolean): Promise<T> {
    return this.transport.json<T>({ method: "POST", path: `${API}/${path}`, body, idempotent });
  }
}

const clipTag = ({ key, value }: KeyValue): KeyValue => ({
  key: safeKey(key),
  value: clip(value, MAX_TAG_LENGTH),
});

function versionOf(raw: RawVersion): ModelVersion {
  return {
    name: raw.name,
    version: String(raw.version),
    runId: raw.run_id ?? "",
    source: raw.source ?? "",
    createdAt: Number(raw.creation_timestamp ?? 0),
    status: raw.status ?? "",
    tags: Object.fromEntries((raw.tags ?? []).map(({ key, value }) => [key, value])),
    aliases: raw.aliases ?? [],
  };
}
