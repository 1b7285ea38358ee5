import type { ColaConfig } from "@colaml/shared/settings/schema";
import { pythonToolsFolder } from "../local/python-tools";
import { findUp, type UpRecord } from "../local/up-record";
import { type Finding, ok } from "./finding";
import { checkMachine } from "./machine/check-machine";
import { checkMlflowServer } from "./mlflow/check-mlflow";
import { checkRedisServer } from "./redis/check-redis";

/** What was looked at, and what came of it. */
export interface Diagnosis {
  /** No finding is a problem. */
  ok: boolean;
  findings: Finding[];
}

export interface Examination {
  config: ColaConfig;
  /** Takes a line for a person: the record of `cola up` cannot be read. */
  report: (line: string) => void;
  signal?: AbortSignal;
  /** Milliseconds since 1970. */
  clock?: () => number;
}

/**
 * Looks at the servers that the settings name or `cola up` runs in this folder, and at this machine; starts nothing. A
 * server that is neither named nor up is what `cola up` would start.
 */
export async function examine({
  config: given,
  report,
  signal,
  clock = Date.now,
}: Examination): Promise<Diagnosis> {
  const up = given.redis.url === "" ? await findUp(given.paths.stateDir, report) : undefined;
  const config = up ? withRunningServers(given, up) : given;
  const { redis, mlflow, paths } = config;
  const isMissing = redis.url === "" || mlflow.trackingUri === "";
  const notHere = (check: string, variable: string) =>
    ok(
      check,
      `${variable} is empty and \`cola up\` does not run here: it would start one in ${paths.stateDir}`,
    );
  const groups = await Promise.all([
    redis.url === "" ? [notHere("redis", "REDIS_URL")] : checkRedisServer(config, clock),
    mlflow.trackingUri === ""
      ? [notHere("mlflow", "MLFLOW_TRACKING_URI")]
      : checkMlflowServer(config, clock, signal),
    checkMachine({
      config,
      ...(isMissing && { pythonDir: await pythonToolsFolder() }),
      ...(up && { apiUrl: up.apiUrl }),
      notYet: redis.url === "",
    }),
  ]);
  const findings = groups.flat();
  return { ok: findings.every(({ state }) => state !== "problem"), findings };
}

function withRunningServers(config: ColaConfig, up: UpRecord): ColaConfig {
  const { redis, mlflow } = config;
  return {
    ...config,
    redis: { ...redis, url: up.redisUrl },
    mlflow: { ...mlflow, trackingUri: mlflow.trackingUri || up.mlflowUri },
  };
}
