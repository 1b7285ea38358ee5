import { join } from "node:path";
import { repoRoot } from "./paths.mjs";
import { run } from "./run-command.mjs";

const predictor = join(repoRoot, "packages/predictor-worker");

/** Sources of the predictor's kernel (AssemblyScript), and what they are compiled to. */
export const kernelSources = join(predictor, "kernel");
export const kernelFile = join(predictor, "dist/scoring/kernel/kernel.wasm");

/** Compiles the kernel; `asconfig.json` beside its sources says how. */
export async function compileKernel() {
  const compiler = join(predictor, "node_modules/assemblyscript/bin/asc.js");
  const options = ["--config", "asconfig.json", "--target", "release"];
  await run(process.execPath, [compiler, "kernel.ts", ...options], { cwd: kernelSources });
}
