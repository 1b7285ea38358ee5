import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AlertEngine } from "@colaml/monitor-worker/alerts/alert-engine";
import { LabelStore } from "@colaml/monitor-worker/labels/label-store";
import type { MonitoredModel } from "@colaml/monitor-worker/monitor/monitored-model";
import { createMonitorProcessor } from "@colaml/monitor-worker/monitor/processor";
import { createReportFiles } from "@colaml/monitor-worker/report/report-files";
import { IncidentStore } from "@colaml/shared/alerts/incident-store";
import type { AlertRule } from "@colaml/shared/contracts/alert-rules";
import type { Alert } from "@colaml/shared/contracts/alerts";
import { type MonitorJobInput, type MonitorResult, monitorJobSchema } from "@colaml/shared/contracts/monitor";
import type { RunRecord } from "@colaml/shared/mlflow/publish-model";
import { CheckHistory } from "@colaml/shared/outputs/check-history";
import { resolveConfig } from "@colaml/shared/settings/resolve-config";

/** A text is this class if it begins with its name; the probability of that grows with the number behind it. */
function namingModel(classes: readonly string[]): MonitoredModel {
  return {
    name: "modelo_nuevo",
    version: "3",
    runId: "training",
    classifier: {
      classes,
      predict(text, out) {
        const [name, number] = text.split(" ");
        const predicted = classes.indexOf(name!);
        out.fill((1 - scoreOf(Number(number))) / (classes.length - 1));
        out[predicted] = scoreOf(Number(number));
        return predicted;
      },
    },
    terms: [],
    tokenise: (text) => text.split(" "),
    columns: { text: "text", label: "label", id: "id" },
  };
}

/** Of the predicted class: each row has another. */
const scoreOf = (row: number) => 0.6 + row / 100_000;

/** Checks of one model in a folder of their own, without servers. */
export class CheckHarness {
  readonly folder = mkdtempSync(join(tmpdir(), "check-"));
  readonly labels = new LabelStore(this.folder);
  readonly runs: RunRecord[] = [];
  readonly alerts: Alert[] = [];
  readonly warned: string[] = [];
  readonly #model: MonitoredModel;
  readonly #process: ReturnType<typeof createMonitorProcessor>;
  readonly #logger;

  constructor(
    classes: readonly string[],
    { model = namingModel(classes), rules = [] }: { model?: MonitoredModel; rules?: AlertRule[] } = {},
  ) {
    this.#model = model;
    const logger = {
      error() {},
      warn: (message: string) => void this.warned.push(message),
      info() {},
      debug() {},
      child: () => logger,
      close: async () => {},
    };
    this.#logger = logger;
    this.#process = createMonitorProcessor({
      loadModel: async () => this.#model,
      publish: async (record) => ({ runId: `run${this.runs.push(record)}` }),
      alerts: new AlertEngine({
        stateDir: this.folder,
        incidents: new IncidentStore(this.folder, () => {}),
        sinks: [async (alert) => void this.alerts.push(alert)],
        logger,
      }),
      rules,
      labels: this.labels,
      history: new CheckHistory(this.folder, (line) => this.#logger.warn(line)),
      settings: resolveConfig({ env: {} }).monitor,
      confine: async (path) => path,
      reports: createReportFiles({ stateDir: this.folder, dataDir: "", filesKept: 1_000 }),
      latestPredictions: async () => Promise.reject(new Error("no check here is without rows")),
      exclusively: (_model, work) => work(() => {}),
    });
  }

  check(job: MonitorJobInput, jobId = "job1"): Promise<MonitorResult> {
    const { signal } = new AbortController();
    return this.#process(monitorJobSchema.parse(job), {
      jobId,
      addedAt: 1,
      signal,
      logger: this.#logger,
      progress: async () => {},
    });
  }

  write(name: string, lines: readonly string[]): string {
    const path = join(this.folder, name);
    writeFileSync(path, `${lines.join("\n")}\n`);
    return path;
  }

  /** What `cola predict` would write of rows with these ids; a row's number makes it differ from others. */
  predictions(
    rows: readonly { id: string; predicted: string; number?: number }[],
    name = "scored.csv",
  ): string {
    const { classes } = this.#model.classifier;
    const out = new Float64Array(classes.length);
    const lines = rows.map(({ id, predicted, number }, i) => {
      this.#model.classifier.predict(`${predicted} ${number ?? i}`, out);
      return [id, predicted, ...out, "3"].join(",");
    });
    const header = ["id", "label", ...classes.map((each) => `probability_${each}`), "model_version"];
    return this.write(name, [header.join(","), ...lines]);
  }

  /** A file of ids and labels. */
  labelFile(rows: readonly (readonly [id: string, label: string])[], name = "labels.csv"): string {
    return this.write(name, ["id,label", ...rows.map(([id, label]) => `${id},${label}`)]);
  }

  /** What `cola labels` would do with a delivery. */
  deliver(...rows: readonly (readonly [id: string, label: string])[]) {
    const batches = async function* () {
      yield rows.map(([id, label]) => ({ id, label }));
    };
    return this.labels.add("modelo_nuevo", batches());
  }

  close(): void {
    rmSync(this.folder, { recursive: true });
  }
}
