import { Artifacts } from "./artifacts";
import { Experiments } from "./experiments";
import { LoggedModels } from "./logged-models";
import { Registry } from "./registry";
import { Runs } from "./runs";
import { type MlflowSettings, MlflowTransport, type ServerFacts, type TransportOptions } from "./transport";

/** MLflow over REST, one property a noun of its API. */
export interface MlflowClient {
  /** Address without credentials. */
  readonly address: string;
  /** Resolves when the server answers; MLFLOW_UNREACHABLE within seconds if it does not. */
  ping(): Promise<void>;
  /** Resolves when the server takes requests of these credentials; MLFLOW_FAILED or MLFLOW_UNREACHABLE else. */
  checkAccess(): Promise<void>;
  /** Version and clock of the server, as far as it says them. */
  about(): Promise<ServerFacts>;
  readonly experiments: Experiments;
  readonly runs: Runs;
  readonly models: LoggedModels;
  readonly registry: Registry;
  readonly artifacts: Artifacts;
  /** Page of a run in MLflow's own interface, in its view for training: without that word it opens the one for GenAI. */
  runUrl(experimentId: string, runId: string): string;
}

/**
 * A client for one server.
 *
 * @throws ColaError CONFIG_INVALID if no tracking URI is set
 */
export function createMlflowClient(settings: MlflowSettings, options: TransportOptions = {}): MlflowClient {
  const transport = new MlflowTransport(settings, options);
  return {
    address: transport.address,
    ping: () => transport.ping(),
    checkAccess: () => transport.checkAccess(),
    about: () => transport.about(),
    experiments: new Experiments(transport),
    runs: new Runs(transport),
    models: new LoggedModels(transport),
    registry: new Registry(transport),
    artifacts: new Artifacts(transport),
    runUrl: (experimentId, runId) =>
      `${transport.address}/#/experiments/${experimentId}/runs/${runId}?workflowType=machine_learning`,
  };
}
