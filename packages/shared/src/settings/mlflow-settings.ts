import { z } from "zod";
import { flag, integer, secret, text, url } from "./setting-kinds";

/** Which MLflow holds runs and models, under MLflow's own variables. */
export const mlflowSettings = {
  trackingUri: url({
    doc: "MLflow server, http(s)://; empty: the embedded server",
    env: "MLFLOW_TRACKING_URI",
    flag: "tracking-uri",
    protocols: ["http:", "https:"],
    allowed: "http://host:port or https://host:port",
  }),
  experiment: text({
    doc: "Experiment of runs",
    env: "MLFLOW_EXPERIMENT_NAME",
    flag: "experiment",
    default: "experimento_nuevo_final",
    payload: "experiment",
    payloadType: z.string().min(1).max(256),
  }),
  username: text({
    doc: "Basic authentication; wins over the token",
    env: "MLFLOW_TRACKING_USERNAME",
    default: "",
  }),
  password: secret({ doc: "Basic authentication", env: "MLFLOW_TRACKING_PASSWORD" }),
  token: secret({ doc: "Bearer token", env: "MLFLOW_TRACKING_TOKEN" }),
  insecureTls: flag({ doc: "Accept any TLS certificate", env: "MLFLOW_TRACKING_INSECURE_TLS" }),
  timeoutS: integer({
    doc: "Seconds a request may take, or a large file may take to move 64 KiB",
    env: "MLFLOW_HTTP_REQUEST_TIMEOUT",
    default: 30,
    min: 1,
    max: 3600,
  }),
  maxRetries: integer({
    doc: "Tries again after a passing failure",
    env: "MLFLOW_HTTP_REQUEST_MAX_RETRIES",
    default: 3,
    min: 0,
    max: 20,
  }),
};
