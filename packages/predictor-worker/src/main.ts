import { runWorkerProcess } from "@colaml/shared/worker/worker-process";
import { startPredictor } from "./start-predictor";

void runWorkerProcess("predictor-worker", startPredictor);
