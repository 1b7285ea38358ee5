import { join } from "node:path";

/** Where everything lies that ColaML keeps under `COLAML_STATE_DIR`. Workers of one state folder share all of it. */
export interface StateFolder {
  /** Kept files of registered models, a folder a name and version. */
  models: string;
  /** Trained models and their runs that wait for MLflow, and the results of those that went through. */
  spool: string;
  /** The same for checks. */
  spoolChecks: string;
  /** HTML reports of checks that name no path. */
  reports: string;
  /** Labels that came late, a folder a model. */
  labels: string;
  /** State of the alert rules of a model. */
  alertState(model: string): string;
  /** Checks of a model, a line each. */
  checkHistory(model: string): string;
  /** What the closed loop started for a model. */
  loopState(model: string): string;
  /** A folder an incident. */
  incidents: string;
  /** Alerts on their way to the webhook, those it took, and those given up. */
  outbox: string;
  delivered: string;
  undelivered: string;
  /** What `cola up` started. */
  upRecord: string;
  /** Who runs the embedded servers. */
  serversLock: string;
  /** Ports that the embedded servers keep between starts. */
  serverPorts: string;
  /** Data of the embedded servers, and the logs of everything that is started. */
  redis: string;
  mlflow: string;
  logs: string;
  /** Files of `npm run demo`. */
  demo: string;
}

/** The map of a state folder; nothing is made by it. */
export function stateFolder(stateDir: string): StateFolder {
  const at = (...names: string[]) => join(stateDir, ...names);
  return {
    models: at("models"),
    spool: at("spool"),
    spoolChecks: at("spool-checks"),
    reports: at("reports"),
    labels: at("labels"),
    alertState: (model) => at("monitor", model, "alerts.json"),
    checkHistory: (model) => at("monitor", model, "history.ndjson"),
    loopState: (model) => at("monitor", model, "loop.json"),
    incidents: at("alerts", "incidents"),
    outbox: at("alerts", "outbox"),
    delivered: at("alerts", "delivered"),
    undelivered: at("alerts", "undelivered"),
    upRecord: at("up.json"),
    serversLock: at("servers.lock"),
    serverPorts: at("ports.json"),
    redis: at("redis"),
    mlflow: at("mlflow"),
    logs: at("logs"),
    demo: at("demo"),
  };
}
