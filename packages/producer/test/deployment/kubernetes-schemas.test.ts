import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { baseFiles, type Resource, readDocuments } from "./manifests";

const root = resolve(__dirname, "../../../..");

/**
 * Packages made of the OpenAPI description of Kubernetes and of the Go types that KEDA and the Prometheus operator make
 * their CRDs of: a type per kind (no unknown field, none missing) and a validator (formats, patterns, whole numbers).
 */
const PACKAGES: Readonly<Record<string, string>> = {
  "keda.sh": "@kubernetes-models/keda",
  "monitoring.coreos.com": "@kubernetes-models/prometheus-operator",
};
const moduleOf = ({ apiVersion, kind }: Resource) =>
  `${PACKAGES[apiVersion.split("/")[0]!] ?? "kubernetes-models"}/${apiVersion}/${kind}`;

/** What the schemas refuse, a line each; none if all fit. */
const refused = (resources: readonly Resource[]) => [...misfits(resources), ...wrongValues(resources)];

/** Fields that a kind does not have or must have, by the compiler: a literal may hold known properties only. */
function misfits(resources: readonly Resource[]): string[] {
  const folder = mkdtempSync(join(tmpdir(), "colaml-manifests-"));
  try {
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
    const lines = resources.map(
      (resource, i) =>
        `import type { I${resource.kind} as T${i} } from "${moduleOf(resource)}"; export const r${i}: T${i} = ${JSON.stringify(resource)};`,
    );
    writeFileSync(join(folder, "resources.ts"), `${lines.join("\n")}\n`);
    const options = ["--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext", "--pretty", "false"];
    const compiler = join(root, "node_modules/typescript/bin/tsc");
    const { status, stdout } = spawnSync(process.execPath, [compiler, ...options, "resources.ts"], {
      cwd: folder,
      encoding: "utf8",
    });
    return status === 0 ? [] : stdout.trim().split("\n");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Values that are not of the form they must have, by the validators: in a process of its own, as they are ES modules. */
function wrongValues(resources: readonly Resource[]): string[] {
  const script = `
    import { readFileSync } from "node:fs";
    const found = [];
    for (const { module, resource } of JSON.parse(readFileSync(0, "utf8"))) {
      const { [resource.kind]: Kind } = await import(module);
      try { new Kind(resource).validate(); }
      catch (error) { found.push(resource.kind + " " + resource.metadata.name + ": " + error.message); }
    }
    console.log(JSON.stringify(found));`;
  const input = JSON.stringify(resources.map((resource) => ({ module: moduleOf(resource), resource })));
  const options = { cwd: root, encoding: "utf8", input } as const;
  return JSON.parse(execFileSync(process.execPath, ["--input-type=module", "--eval", script], options));
}

const base = readDocuments<Resource>(baseFiles.filter((path) => basename(path) !== "kustomization.yaml"));

describe("the schemas of Kubernetes, KEDA and the Prometheus operator", () => {
  it("take every resource of the base", () => {
    expect(new Set(base.map(({ apiVersion }) => apiVersion))).toEqual(
      new Set([
        "apps/v1",
        "keda.sh/v1alpha1",
        "monitoring.coreos.com/v1",
        "networking.k8s.io/v1",
        "policy/v1",
        "v1",
      ]),
    );
    expect(refused(base)).toEqual([]);
  });

  it("leave a trigger's settings open: these are ones that KEDA's Redis scaler reads, all of them as text", () => {
    // https://keda.sh/docs/latest/scalers/redis-lists/
    const known = ["address", "listName", "listLength", "activationListLength", "enableTLS", "databaseIndex"];
    const scaled = base.find(({ kind }) => kind === "ScaledObject") as unknown as {
      spec: { triggers: { type: string; metadata: Record<string, string> }[] };
    };
    for (const { type, metadata } of scaled.spec.triggers) {
      expect(type).toBe("redis");
      expect(known).toEqual(expect.arrayContaining(Object.keys(metadata)));
      expect(metadata).toMatchObject({
        address: expect.stringMatching(/^[^:/]+:\d+$/),
        listLength: expect.stringMatching(/^\d+$/),
        enableTLS: expect.stringMatching(/^(true|false)$/),
      });
    }
  });

  it.each([
    [
      "a misspelt field of a pod",
      "Deployment",
      "terminationGracePeriodSeconds",
      "gracePeriodSeconds",
      "TS2353",
    ],
    ["a quantity with another unit", "Deployment", '"memory":"3Gi"', '"memory":"3 GB"', "quantity"],
    [
      "a number in place of a whole one",
      "Deployment",
      '"periodSeconds":20',
      '"periodSeconds":2.5',
      "integer",
    ],
    ["a misspelt part of KEDA's formula", "ScaledObject", '"formula"', '"formulas"', "TS2353"],
    [
      "a number in a trigger's metadata",
      "ScaledObject",
      '"listLength":"2"',
      '"listLength":2',
      "must be string",
    ],
    ["a secret without its key", "TriggerAuthentication", '"key"', '"keys"', "TS2322|TS2353"],
    ["endpoints by another name", "ServiceMonitor", '"endpoints"', '"endpoint"', "TS2353"],
    ["a duration that Prometheus cannot read", "PrometheusRule", '"for":"1m"', '"for":"1 min"', "pattern"],
  ])("refuse %s", (_what, kind, right, wrong, reason) => {
    const of = base.filter((resource) => resource.kind === kind);
    const broken = of.map((resource) => JSON.parse(JSON.stringify(resource).replaceAll(right, wrong)));
    expect(broken).not.toEqual(of);
    expect(refused(broken).join("\n")).toMatch(new RegExp(reason));
  });

  const kustomize = renderer();
  (kustomize ? it : it.skip)("take every resource of the example overlay, as it is rendered", () => {
    const [command, ...args] = kustomize!;
    const folder = mkdtempSync(join(tmpdir(), "colaml-overlay-"));
    const path = join(folder, "rendered.yaml");
    const overlay = resolve(root, "deploy/kubernetes/overlays/example");
    writeFileSync(path, execFileSync(command!, [...args, overlay]));
    const rendered = readDocuments<Resource>([path]);
    rmSync(folder, { recursive: true });
    expect(rendered).toHaveLength(base.length);
    expect(refused(rendered)).toEqual([]);
    const scaled = JSON.stringify(rendered.find(({ kind }) => kind === "ScaledObject"));
    expect(scaled.match(/"enableTLS":"true"/g)).toHaveLength(4);
    expect(scaled).not.toContain('"address":"redis:6379"');
  });
});

/** `kustomize` or `kubectl`, whichever is installed. */
function renderer(): string[] | undefined {
  const known = [
    ["kustomize", "build"],
    ["kubectl", "kustomize"],
  ];
  return known.find(([command, verb]) => spawnSync(command!, [verb!, "--help"]).status === 0);
}

it("the Prometheus operator gets the rules of deploy/prometheus/alerts.yml", () => {
  const read = (path: string) => readFileSync(resolve(root, path), "utf8");
  const rules = read("deploy/prometheus/alerts.yml").replace(/^(#.*\n)+/, "");
  const indented = rules.replace(/^(?=.)/gm, "  ");
  expect(read("deploy/kubernetes/base/alerts.yaml").split(/^spec:\n/m)[1]).toBe(indented);
});
