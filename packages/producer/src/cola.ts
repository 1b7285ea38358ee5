import { runCola } from "./cli/run-cola";
import { addDemoCommand } from "./demo/demo-command";

void runCola(process.argv, [addDemoCommand]);
