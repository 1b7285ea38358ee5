import { randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { freePort } from "@colaml/producer/local/free-port";
import { type EmbeddedMlflow, startMlflow } from "@colaml/producer/local/mlflow-server";
import type { JobQueues } from "@colaml/producer/submit/job-queues";
import { openJobQueues } from "@colaml/producer/submit/open-queues";
import { createMlflowClient, type MlflowClient } from "@colaml/shared/mlflow/client";
import { type MlflowProxy, openMlflowProxy } from "../mlflow-proxy";
import { type PrivateRedis, startPrivateRedis } from "../private-redis";
import { type SilentProxy, startSilentProxy } from "../silent-proxy";
import { Fleet, type Release, type Role, THIS_RELEASE } from "./fleet";
import { openSmallDisk, type SmallDisk } from "./full-disk";
import { openWebhook, type WebhookReceiver } from "./webhook";

/** An MLflow of this run's own, to be killed. */
export interface OwnMlflow {
  readonly uri: string;
  kill(): Promise<void>;
  restart(): Promise<void>;
}

/** Everything that runs: servers, the ways to them, workers and the producer's server. */
export interface Deployment {
  /** Logs and Redis's data. */
  readonly folder: string;
  /** COLAML_DATA_DIR, on a disk that may be filled. */
  readonly data: string;
  readonly state: string;
  readonly prefix: string;
  readonly model: string;
  readonly api: string;
  readonly redis: PrivateRedis;
  readonly redisWay: SilentProxy;
  readonly mlflowWay: MlflowProxy;
  /** Absent in the short form, which shares the MLflow of all tests. */
  readonly ownMlflow: OwnMlflow | undefined;
  /** By the straight way. */
  readonly mlflow: MlflowClient;
  readonly queues: JobQueues;
  readonly webhook: WebhookReceiver;
  readonly disk: SmallDisk;
  readonly fleet: Fleet;
  readonly releases: { newer: Release; older: Release | undefined };
  /** Ends what is left; the fleet was stopped before. */
  close(keepFolder: boolean): Promise<void>;
}

/** How large a run is. */
export interface Size {
  /** Processes of each kind of worker. */
  workers: number;
  ownMlflow: boolean;
}

/** Opens all of it; workers and server are started of the older release, if there is one. */
export async function openDeployment(size: Size, older: Release | undefined): Promise<Deployment> {
  const folder = mkdtempSync(join(tmpdir(), "colaml-faults-"));
  const disk = openSmallDisk(join(folder, "disk"), 300);
  const [data, state] = [join(disk.folder, "data"), join(disk.folder, "state")];
  for (const path of [data, state, join(folder, "logs")]) mkdirSync(path);
  // Written at once: a Redis that writes each second loses, killed on a busy disk, what it has answered to meanwhile.
  const redis = await startPrivateRedis(["--appendfsync", "always"]);
  const redisWay = await startSilentProxy(redis.port);
  const ownMlflow = size.ownMlflow ? await openOwnMlflow(folder) : undefined;
  const mlflowUri = ownMlflow?.uri ?? process.env["TEST_MLFLOW_URI"]!;
  const mlflowWay = await openMlflowProxy(mlflowUri);
  const webhook = await openWebhook();
  const prefix = `{faults-${randomUUID().slice(0, 8)}}`;
  const model = `faults-${randomUUID().slice(0, 8)}`;
  const port = await freePort();
  const rules = join(folder, "rules.json");
  writeFileSync(rules, JSON.stringify(alertRules(model)));
  const env = {
    ...LIMITS,
    REDIS_URL: `redis://127.0.0.1:${redisWay.port}`,
    MLFLOW_TRACKING_URI: mlflowWay.uri,
    MLFLOW_EXPERIMENT_NAME: model,
    COLAML_REDIS_PREFIX: prefix,
    COLAML_STATE_DIR: state,
    COLAML_DATA_DIR: data,
    COLAML_MODEL: model,
    COLAML_PORT: String(port),
    COLAML_ALERT_RULES: rules,
    COLAML_WEBHOOK_URL: webhook.url,
    COLAML_WEBHOOK_PORTS: String(webhook.port),
  };
  const fleet = new Fleet(rolesOf(size.workers), join(folder, "logs"), env, randomUUID());
  const mlflow = createMlflowClient({ ...DIRECT_MLFLOW, trackingUri: mlflowUri });
  const queues = await openJobQueues({ redis: { url: redis.url, prefix, cluster: false } });
  for (const role of fleet.roles) fleet.start(role, { release: older ?? THIS_RELEASE, clockShiftMs: 0 });
  const api = `http://127.0.0.1:${port}`;
  return {
    ...{ folder, data, state, prefix, model, api, redis, redisWay, mlflowWay, ownMlflow, mlflow },
    ...{ queues, webhook, disk, fleet, releases: { newer: THIS_RELEASE, older } },
    async close(keepFolder) {
      await queues.close();
      await Promise.all([redisWay.close(), mlflowWay.close(), webhook.close()]);
      await redis.stop();
      await ownMlflow?.kill();
      disk.empty();
      if (keepFolder) return;
      disk.unmount();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Small chunks, so that a batch lasts long enough to be hit; locks a run can wait for. */
const LIMITS = {
  COLAML_LOG_FILE: "",
  COLAML_CHUNK_BYTES: "8192",
  COLAML_WINDOW: "4",
  COLAML_LOCK_MS: "2000",
  COLAML_STALLED_MS: "1000",
  COLAML_GRACE_MS: "5000",
  MLFLOW_HTTP_REQUEST_TIMEOUT: "5",
  MLFLOW_HTTP_REQUEST_MAX_RETRIES: "1",
  COLAML_WEBHOOK_ALLOW_HTTP: "true",
  COLAML_WEBHOOK_ALLOW_PRIVATE: "true",
  COLAML_WEBHOOK_SECRET: "secret",
};

const DIRECT_MLFLOW = {
  experiment: "",
  username: "",
  password: "",
  token: "",
  insecureTls: false,
  timeoutS: 60,
  maxRetries: 3,
};

const alertRules = (model: string) => [
  { name: "quality", model, metric: "accuracy_score", comparison: "<", threshold: 0.5, severity: "critical" },
];

function rolesOf(workers: number): Role[] {
  const several = (name: string, of: Omit<Role, "name">): Role[] =>
    Array.from({ length: workers }, (_, i) => ({ name: `${name} ${i + 1}`, ...of }));
  return [
    { name: "server", package: "producer" },
    ...several("coordinator", {
      package: "predictor-worker",
      env: { COLAML_PREDICTOR_QUEUES: "predict" },
    }),
    ...several("predictor", {
      package: "predictor-worker",
      env: { COLAML_PREDICTOR_QUEUES: "predict-chunk" },
    }),
    ...several("trainer", { package: "trainer-worker" }),
    ...several("monitor", { package: "monitor-worker" }),
  ];
}

async function openOwnMlflow(stateDir: string): Promise<OwnMlflow> {
  const pythonDir = resolve(process.env["COLAML_PYTHON"]!, "../..");
  const port = await freePort();
  let server: EmbeddedMlflow = await startMlflow({ stateDir, pythonDir, port });
  return {
    uri: server.uri,
    async kill() {
      server.child.signal("SIGKILL");
      await server.child.exited;
    },
    async restart() {
      // The port of a killed server's own child is free a moment later.
      for (let left = 5; ; left--) {
        try {
          server = await startMlflow({ stateDir, pythonDir, port });
          return;
        } catch (error) {
          if (left === 0) throw error;
          await delay(500);
        }
      }
    },
  };
}
