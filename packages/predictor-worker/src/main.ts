import { runWorkerProcess } from "@colaml/shared/worker/worker-process";
import { startPredictor } from "./start";

void runWorkerProcess("predictor-worker", startPredictor);
