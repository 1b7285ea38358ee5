import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { resolve } from "node:path";

const root = resolve(__dirname, "../../../..");
const folder = resolve(root, "deploy/kubernetes/base");

/** The files of the base. */
export const baseFiles = readdirSync(folder).map((name) => resolve(folder, name));

/** What every resource of Kubernetes has. */
export interface Resource {
  apiVersion: string;
  kind: string;
  metadata: { name: string };
}

/** The documents of YAML files, read by PyYAML, which the environment of MLflow has. */
export function readDocuments<T>(paths: readonly string[]): T[] {
  const script =
    "import json, sys, yaml; print(json.dumps([d for p in sys.argv[1:] for d in yaml.safe_load_all(open(p))]))";
  const python = process.env["COLAML_PYTHON"] ?? "python3";
  return JSON.parse(execFileSync(python, ["-c", script, ...paths], { encoding: "utf8" }));
}
