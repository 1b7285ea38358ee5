import type { MonitorResult } from "@colaml/shared/contracts/monitor";
import type { PredictResult } from "@colaml/shared/contracts/predict";
import type { TrainResult } from "@colaml/shared/contracts/train";

/** What the demo works on. */
export interface DemoFiles {
  train: string;
  /** What is predicted and monitored. */
  fresh: string;
  output: string;
  report: string;
  /** The same rows are trained on and monitored: only for a person's own file. */
  same: boolean;
}

/** What the three jobs gave. */
export interface DemoResults {
  files: DemoFiles;
  train: TrainResult;
  /** The same rows by the preset best; absent if that is what `train` had. */
  best?: TrainResult;
  predict: PredictResult;
  monitor: MonitorResult;
  /** Page of the training run in MLflow. */
  runUrl: string;
  seconds: number;
}
