import type { MonitorJob } from "@colaml/shared/contracts/monitor";
import type { LabelStore } from "../labels/label-store";
import { collectRows } from "../monitor/collect-check";
import type { MonitoredModel } from "../monitor/monitored-model";
import { openScoredRows } from "../rows/scored-rows";

export interface VersionAccuracyDependencies {
  loadModel: (uri: string) => Promise<MonitoredModel>;
  labels: LabelStore;
  confine: (path: string) => Promise<string>;
}

/** Scores the labelled rows of a check by another version of its model: the fair comparison of two champions. */
export function createVersionAccuracy({ loadModel, labels, confine }: VersionAccuracyDependencies) {
  return async (name: string, version: string, job: MonitorJob): Promise<number | undefined> => {
    if (!job.input) return undefined;
    const model = await loadModel(`models:/${name}/${version}`);
    const input = { ...job.input, path: await confine(job.input.path) };
    const columns = { ...model.columns, ...job.columns, labelRequired: job.columns.label !== undefined };
    const source = await openScoredRows(input, columns, model.classifier);
    const { terms, tokenise, classifier } = model;
    const late = await labels.load(name);
    const { quality } = await collectRows(source, { classes: classifier.classes, terms, tokenise, late });
    return quality.metrics.accuracy_score;
  };
}
