import type { ColaConfig } from "@colaml/shared/config/schema";
import { checkJobPath } from "@colaml/shared/data/job-path";
import type { Alert } from "@colaml/shared/jobs/alerts";
import { closeRedis, connectRedis, openQueue } from "@colaml/shared/jobs/connection";
import { ExclusiveLocks } from "@colaml/shared/jobs/exclusive-lock";
import { IncidentStore } from "@colaml/shared/jobs/incident-store";
import { labelsJobSchema } from "@colaml/shared/jobs/labels";
import { loadAlertRules } from "@colaml/shared/jobs/load-alert-rules";
import { monitorJobSchema } from "@colaml/shared/jobs/monitor";
import { QUEUES } from "@colaml/shared/jobs/queues";
import { championOf, PREVIOUS, promote, rollback } from "@colaml/shared/mlflow/champion";
import { createCheckPublisher } from "@colaml/shared/mlflow/check-publisher";
import { createMlflowClient, type MlflowClient } from "@colaml/shared/mlflow/client";
import { publishByItself } from "@colaml/shared/worker/publish-by-itself";
import { runWorker } from "@colaml/shared/worker/run-worker";
import { runWorkerProcess, type WorkerProcess } from "@colaml/shared/worker/worker-process";
import { AlertEngine } from "./alerts/alert-engine";
import { AlertOutbox } from "./alerts/alert-outbox";
import { startDelivery } from "./alerts/delivery-loop";
import { createWebhookSender } from "./alerts/webhook";
import { CheckHistory } from "./check/check-history";
import { LabelStore } from "./labels/label-store";
import { createLabelsProcessor } from "./labels/labels-processor";
import { loadMonitoredModel } from "./load-monitored-model";
import { createVersionAccuracy } from "./loop/accuracy-of-version";
import { createClosedLoop } from "./loop/closed-loop";
import { createLoopJobs } from "./loop/loop-jobs";
import { LoopStore } from "./loop/loop-state";
import { createLoopRuns } from "./loop/mlflow-loop-runs";
import { createMonitorMetrics } from "./monitor-metrics";
import { createMonitorProcessor } from "./processor";
import { createReportWriter } from "./report/write-report";

async function start({ config, logger, lifecycle }: WorkerProcess): Promise<void> {
  const rules = loadAlertRules(config.monitor.alertRules);
  const metrics = createMonitorMetrics(lifecycle.metrics.registry, rules);
  const { stateDir } = config.paths;
  const outbox = openOutbox(config, logger, metrics.delivery);
  const connection = connectRedis(config.redis, logger);
  lifecycle.graceful.onStop("Redis connection of alerts", () => closeRedis(connection));
  const locks = new ExclusiveLocks(connection, config.redis);
  const alertQueue = openQueue<Alert>(QUEUES.alerts, { connection, redis: config.redis, logger });
  const alerts = new AlertEngine({
    stateDir,
    incidents: new IncidentStore(stateDir),
    logger,
    sinks: [
      ...(outbox ? [(alert: Alert) => outbox.put(alert)] : []),
      async (alert) =>
        void (await alertQueue.queue.add(alert.rule, alert, { jobId: `${alert.id}-${alert.status}` })),
      async (alert) => metrics.alerted(alert),
    ],
  });
  const labels = new LabelStore(stateDir);
  const confine = (path: string) => checkJobPath(config.paths.dataDir, path);
  const mlflow = createMlflowClient(config.mlflow);
  const loadModel = (uri: string) => loadMonitoredModel(mlflow, config, uri);
  const worker = { config, logger, lifecycle };
  const checks = createCheckPublisher(mlflow, stateDir, logger);
  publishByItself("checks", checks.publishWaiting, worker);
  await runWorker({
    queue: QUEUES.labels,
    schema: labelsJobSchema,
    processor: createLabelsProcessor({
      // One at a time, also among processes: each reads what the one before stored.
      store: { add: (name, rows) => locks.hold(`labels-${name}`, () => labels.add(name, rows)) },
      columns: config.columns,
      confine,
    }),
    concurrency: 1,
    ...worker,
  });
  await runWorker({
    queue: QUEUES.monitor,
    schema: monitorJobSchema,
    processor: createMonitorProcessor({
      loadModel,
      publish: checks.publish,
      alerts,
      rules,
      labels,
      history: new CheckHistory(stateDir),
      settings: config.monitor,
      confine,
      writeReport: createReportWriter(config.paths),
      exclusively: (name, work, signal) => locks.hold(`monitor-${name}`, work, signal),
      onChecked: metrics.checked,
      afterCheck: createClosedLoop({
        rules,
        store: new LoopStore(stateDir),
        runs: createLoopRuns(mlflow),
        ...createLoopJobs(connection, config.redis, logger),
        accuracyOf: createVersionAccuracy({ loadModel, labels, confine }),
        championOf: async (name) => (await championOf(mlflow, name))?.version,
        rollback: (name, from, to, reason) => takeBack(mlflow, name, from, to, reason),
      }),
    }),
    ...worker,
  });
  if (outbox) {
    // Redis being away must not hold an alert back: a receiver knows a message that comes twice by its id.
    const oneAtATime = (work: () => Promise<unknown>) =>
      connection.status === "ready" ? locks.tryHold("alert-delivery", work) : work();
    lifecycle.graceful.onStop("alert delivery", startDelivery(outbox, logger, oneAtATime));
  }
}

/** Makes the version before champion again; false where somebody has moved the alias meanwhile. */
async function takeBack(
  mlflow: MlflowClient,
  model: string,
  from: string,
  to: string,
  reason: string,
): Promise<boolean> {
  const [champion, previous] = await Promise.all([
    championOf(mlflow, model),
    mlflow.registry.versionOfAlias(model, PREVIOUS),
  ]);
  if (champion?.version !== from) return false;
  if (previous?.version === to) await rollback(mlflow, model, reason);
  else await promote(mlflow, model, to, `rollback: ${reason}`);
  return true;
}

function openOutbox(
  config: ColaConfig,
  logger: WorkerProcess["logger"],
  onOutcome: ReturnType<typeof createMonitorMetrics>["delivery"],
): AlertOutbox | undefined {
  if (config.webhook.url === "") return undefined;
  const send = createWebhookSender(config.webhook);
  const giveUpAfterMs = config.webhook.giveUpAfterS * 1_000;
  return new AlertOutbox({ stateDir: config.paths.stateDir, send, giveUpAfterMs, logger, onOutcome });
}

void runWorkerProcess("monitor-worker", start);
