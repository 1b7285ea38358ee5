import { IncidentStore } from "@colaml/shared/alerts/incident-store";
import { loadAlertRules } from "@colaml/shared/alerts/load-alert-rules";
import { checkJobPath } from "@colaml/shared/files/job-path";
import { championOf } from "@colaml/shared/mlflow/champion";
import { createCheckPublisher } from "@colaml/shared/mlflow/check-publisher";
import { createMlflowClient } from "@colaml/shared/mlflow/client";
import { CheckHistory } from "@colaml/shared/outputs/check-history";
import { announceChampion } from "@colaml/shared/queue/champion-changes";
import { closeRedis, connectRedis } from "@colaml/shared/queue/connection";
import { ExclusiveLocks } from "@colaml/shared/queue/exclusive-lock";
import { publishByItself } from "@colaml/shared/worker/publish-by-itself";
import { runQueues, type WorkOf } from "@colaml/shared/worker/run-queues";
import type { WorkerProcess } from "@colaml/shared/worker/worker-process";
import { openAlerts } from "./alerts/open-alerts";
import { loadComparedModel } from "./compare/compared-version";
import { createCompareProcessor } from "./compare/processor";
import { LabelStore } from "./labels/label-store";
import { createLabelsProcessor } from "./labels/processor";
import { createVersionAccuracy } from "./loop/accuracy-of-version";
import { createClosedLoop } from "./loop/closed-loop";
import { createLoopJobs } from "./loop/loop-jobs";
import { LoopStore } from "./loop/loop-state";
import { createLoopRuns } from "./loop/mlflow-loop-runs";
import { createTakeBack } from "./loop/take-back";
import { loadMonitoredModel } from "./monitor/load-monitored-model";
import { createMonitorMetrics } from "./monitor/monitor-metrics";
import { createMonitorProcessor } from "./monitor/processor";
import { createReportFiles } from "./report/report-files";
import { createLatestPredictions } from "./rows/latest-predictions";

/** Opens what the monitor needs and works on `monitor`, `labels` and `compare` until the process stops. */
export async function startMonitor(worker: WorkerProcess): Promise<void> {
  const { config, logger, lifecycle } = worker;
  const { stateDir, dataDir } = config.paths;
  const rules = loadAlertRules(config.monitor.alertRules);
  const incidents = new IncidentStore(stateDir, (line) => logger.error(line));
  const metrics = createMonitorMetrics(lifecycle.metrics.registry, rules, incidents);
  const connection = connectRedis(config.redis, logger);
  lifecycle.graceful.onStop("Redis connection of alerts", () => closeRedis(connection));
  const locks = new ExclusiveLocks(connection, config.redis);
  const alerts = openAlerts(worker, connection, locks, metrics);
  const labels = new LabelStore(stateDir);
  const confine = (path: string) => checkJobPath(dataDir, path);
  const mlflow = createMlflowClient(config.mlflow);
  lifecycle.addReadyCheck("mlflow", (signal) => createMlflowClient(config.mlflow, { signal }).checkAccess());
  const loadModel = (uri: string) => loadMonitoredModel(mlflow, config, uri);
  const checks = createCheckPublisher(mlflow, stateDir, logger);
  publishByItself("checks", checks.publishWaiting, worker);
  const work: WorkOf<"monitor"> = {
    monitor: () => ({
      processor: createMonitorProcessor({
        loadModel,
        publish: checks.publish,
        alerts: alerts.engine,
        rules,
        labels,
        history: new CheckHistory(stateDir, (line) => logger.warn(line)),
        settings: config.monitor,
        latestPredictions: createLatestPredictions(connection, config.redis, logger),
        confine,
        reports: createReportFiles(config.paths),
        exclusively: (name, work, signal) => locks.hold(`monitor-${name}`, work, signal),
        onChecked: metrics.checked,
        afterCheck: createClosedLoop({
          rules,
          store: new LoopStore(stateDir, (line) => logger.error(line)),
          runs: createLoopRuns(mlflow),
          ...createLoopJobs(connection, config.redis, logger),
          accuracyOf: createVersionAccuracy({ loadModel, labels, confine }),
          championOf: async (name) => (await championOf(mlflow, name))?.version,
          rollback: createTakeBack(mlflow, {
            hmacKey: config.model.hmacKey,
            announce: (model) => announceChampion(connection, config.redis, model),
          }),
        }),
      }),
    }),
    labels: () => ({
      processor: createLabelsProcessor({
        // One at a time, also among processes: each reads what the one before stored.
        store: { add: (name, rows) => locks.hold(`labels-${name}`, () => labels.add(name, rows)) },
        columns: config.columns,
        confine,
      }),
    }),
    compare: () => ({
      processor: createCompareProcessor({
        loadModel: (uri) => loadComparedModel(mlflow, config, uri),
        confine,
      }),
    }),
  };
  await runQueues("monitor", work, worker);
  alerts.startDelivery();
}
