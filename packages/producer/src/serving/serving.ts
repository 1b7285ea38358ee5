import { resolve } from "node:path";
import { stateFolder } from "@colaml/shared/files/state-folder";
import { createLimitedLog } from "@colaml/shared/logging/limited-log";
import type { Logger } from "@colaml/shared/logging/logger";
import { createMlflowClient, type MlflowClient } from "@colaml/shared/mlflow/client";
import { loadModel, resolveModel } from "@colaml/shared/mlflow/load-model";
import type { ColaConfig } from "@colaml/shared/settings/schema";
import { openLastKnown } from "./last-known";
import { type ModelReference, modelReference } from "./model-reference";
import { ModelShelf, type Shelved, type VersionSource } from "./model-shelf";
import { type ServableModel, servableModel } from "./servable-model";

/** Whoever asks for a version waits: MLflow is asked once, and briefly; what is known already is used if it is away. */
const RESOLVE_TIMEOUT_S = 5;

/** Models that this process answers with. */
export interface Serving {
  /** URI of the model that answers if a request names none. */
  readonly home: string;
  /** The model, if it is in memory. */
  inMemory(uri: string): ServableModel | undefined;
  /**
   * The model, fetched if need be.
   *
   * @throws ColaError USAGE, MODEL_NOT_FOUND, MODEL_CORRUPT, MLFLOW_UNREACHABLE
   */
  open(uri: string): Promise<ServableModel>;
  /** What is in memory, the least recently used first. */
  shelved(): readonly Shelved[];
  /** Looks at the aliases now: after a promotion. */
  refresh(): Promise<void>;
  /** Fetches the home model and follows aliases until `close`. */
  start(): void;
  /** Ends what is under way: nothing is asked or written when it resolves. */
  close(): Promise<void>;
}

/**
 * Opens nothing and asks nobody yet.
 *
 * @param clock milliseconds since 1970; injected for tests
 */
export function createServing(
  config: ColaConfig,
  log: Pick<Logger, "info" | "warn">,
  clock: () => number = Date.now,
): Serving {
  const { model, serve } = config;
  const home = modelReference(`models:/${model.name}@${model.alias}`);
  const closing = new AbortController();
  let opened: ModelShelf | undefined;
  // made by the first use: a server without MLflow does everything else
  const shelf = () => {
    opened ??= openShelf(config, { home, log, clock, signal: closing.signal });
    return opened;
  };
  const following = follow(shelf, home.uri, serve.refreshMs, closing.signal);
  return {
    home: home.uri,
    inMemory: (uri) => opened?.inMemory(uri),
    open: async (uri) => shelf().open(uri),
    shelved: () => opened?.shelved() ?? [],
    refresh: async () => opened?.refresh(),
    start: following.start,
    async close() {
      closing.abort();
      await following.ended();
      await opened?.looked();
    },
  };
}

function openShelf(
  config: ColaConfig,
  {
    home,
    log,
    clock,
    signal,
  }: { home: ModelReference; log: Pick<Logger, "info" | "warn">; clock: () => number; signal: AbortSignal },
): ModelShelf {
  const limited = createLimitedLog(log);
  const client = createMlflowClient(config.mlflow, { signal });
  const folder = stateFolder(resolve(config.paths.stateDir)).serving;
  return new ModelShelf({
    source: versionSource(config, client, signal),
    lastKnown: openLastKnown(folder, client.address, (line) => limited.warn(line)),
    capacity: config.serve.models,
    refusalMs: config.serve.refreshMs,
    home,
    log: {
      // What was broken off by the end of the process failed of nothing.
      warn: (message) => !signal.aborted && limited.warn(message),
      info: (message, fields) => log.info(message, fields),
    },
    clock,
  });
}

function versionSource(config: ColaConfig, client: MlflowClient, signal: AbortSignal): VersionSource {
  const timeoutS = Math.min(config.mlflow.timeoutS, RESOLVE_TIMEOUT_S);
  const brief = createMlflowClient({ ...config.mlflow, maxRetries: 0, timeoutS }, { signal });
  const options = {
    cacheDir: stateFolder(resolve(config.paths.stateDir)).models,
    hmacKey: config.model.hmacKey,
  };
  return {
    resolve: (uri) => resolveModel(brief, uri, options),
    load: async (pinned) => servableModel(pinned, (await loadModel(client, pinned, options)).bundle),
  };
}

/**
 * One look after the other, `everyMs` between the end of one and the begin of the next, until the signal; no process waits
 * for it.
 *
 * @returns `ended` resolves when the look under way has ended, after the signal
 */
function follow(
  shelf: () => ModelShelf,
  home: string,
  everyMs: number,
  signal: AbortSignal,
): Pick<Serving, "start"> & { ended(): Promise<void> } {
  let timer: NodeJS.Timeout | undefined;
  let looking = Promise.resolve();
  const lookIn = (ms: number) => {
    timer = setTimeout(() => {
      looking = look();
    }, ms).unref();
  };
  const look = async () => {
    // no model yet, or MLflow away: requests get the reason
    if (!shelf().inMemory(home))
      await shelf()
        .open(home)
        .catch(() => undefined);
    await shelf().refresh();
    if (!signal.aborted) lookIn(everyMs);
  };
  return {
    start() {
      if (timer === undefined && !signal.aborted) lookIn(0);
    },
    async ended() {
      clearTimeout(timer);
      await looking;
    },
  };
}
