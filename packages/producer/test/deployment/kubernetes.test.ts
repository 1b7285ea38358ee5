import { existsSync, readFileSync } from "node:fs";
import { basename, resolve } from "node:path";
import { QUEUE_NAMES } from "@colaml/shared/contracts/catalogue";
import { SETTINGS } from "@colaml/shared/settings/resolve-config";
import { baseFiles, readDocuments } from "./manifests";

const root = resolve(__dirname, "../../../..");

interface Container {
  name: string;
  command: string[];
  envFrom: { configMapRef?: { name: string }; secretRef?: { name: string } }[];
  env?: { name: string; value?: string }[];
  resources: { requests: object; limits: object };
  securityContext: object;
  volumeMounts: { name: string }[];
  livenessProbe: object;
  readinessProbe: object;
}

interface Manifest {
  kind: string;
  metadata: { name: string };
  data?: Record<string, string>;
  spec: {
    replicas?: number;
    scaleTargetRef?: { name: string };
    triggers?: { name: string; metadata: Record<string, string>; authenticationRef: { name: string } }[];
    advanced?: { scalingModifiers: { formula: string; target: string } };
    secretTargetRef?: { name: string; key: string }[];
    selector?: { matchLabels: Record<string, string> };
    template?: {
      metadata: { labels: Record<string, string> };
      spec: {
        containers: Container[];
        volumes: { name: string; persistentVolumeClaim?: { claimName: string } }[];
        securityContext: object;
        terminationGracePeriodSeconds?: number;
      };
    };
  };
}

describe("the Kubernetes manifests", () => {
  const all = readDocuments<Manifest>(baseFiles);
  const named = (kind: string) => all.filter((manifest) => manifest.kind === kind);
  const deployments = named("Deployment");
  const names = (kind: string) => named(kind).map(({ metadata }) => metadata.name);
  const { data: settings } = named("ConfigMap")[0]!;

  it("hold no secret, and each pod takes the one of the cluster by reference", () => {
    expect(names("Secret")).toEqual([]);
    for (const path of baseFiles) {
      const text = readFileSync(path, "utf8").replaceAll(/^\s*#.*$/gm, "");
      expect(text).not.toMatch(/:\/\/[^/\s]*:[^/\s]+@|stringData|change-me/);
    }
    expect(Object.keys(settings!).filter((name) => /PASSWORD|TOKEN|SECRET|KEY/.test(name))).toEqual([]);
    for (const { spec } of deployments) {
      const [container] = spec.template!.spec.containers;
      expect(container!.envFrom).toContainEqual({ secretRef: { name: "colaml" } });
      expect(container!.envFrom).toContainEqual({ configMapRef: { name: names("ConfigMap")[0] } });
    }
  });

  it("run the producer and every worker by programs that are there", () => {
    expect(deployments.map(({ metadata }) => metadata.name).sort()).toEqual([
      "colaml-monitor",
      "colaml-predictor",
      "colaml-producer",
      "colaml-trainer",
    ]);
    for (const { spec } of deployments) {
      const [command, program] = spec.template!.spec.containers[0]!.command;
      expect(command).toBe("node");
      expect(existsSync(resolve(root, program!.replace("/dist/", "/src/").replace(/\.js$/, ".ts")))).toBe(
        true,
      );
    }
  });

  it.each(deployments.map((manifest) => [manifest.metadata.name, manifest] as const))(
    "%s: probed, limited, without rights, on volumes that are claimed",
    (_name, { spec }) => {
      const { template, selector } = spec;
      const pod = template!.spec;
      const [container] = pod.containers;
      expect(template!.metadata.labels).toMatchObject(selector!.matchLabels);
      expect(pod.securityContext).toMatchObject({ runAsNonRoot: true });
      expect(container!.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      });
      expect(container).toMatchObject({
        livenessProbe: expect.anything(),
        readinessProbe: expect.anything(),
        resources: { requests: expect.anything(), limits: expect.anything() },
      });
      const volumes = pod.volumes.map(({ name }) => name);
      expect(container!.volumeMounts.map(({ name }) => name).sort()).toEqual([...volumes].sort());
      const claims = pod.volumes.flatMap(({ persistentVolumeClaim: claim }) =>
        claim ? [claim.claimName] : [],
      );
      for (const claim of claims) expect(names("PersistentVolumeClaim")).toContain(claim);
      const grace = Number(SETTINGS.find(({ env }) => env === "COLAML_GRACE_MS")!.default) / 1000;
      if (!template!.metadata.labels["app.kubernetes.io/component"]!.includes("producer")) {
        expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(grace);
      }
    },
  );

  it("name only variables that exist", () => {
    const known = new Set(SETTINGS.map(({ env }) => env));
    const env = deployments.flatMap(({ spec }) => spec.template!.spec.containers[0]!.env ?? []);
    const used = [...Object.keys(settings!), ...env.map(({ name }) => name)];
    const keda = named("TriggerAuthentication").flatMap(({ spec }) => spec.secretTargetRef!);
    used.push(...keda.map(({ key }) => key));
    expect(used.filter((name) => !known.has(name))).toEqual([]);
  });

  it("share one state folder: the API shows the incidents that the monitor writes", () => {
    for (const { spec } of deployments) {
      const { volumes } = spec.template!.spec;
      const state = volumes.find(({ name }) => name === "state");
      expect(state!.persistentVolumeClaim).toEqual({ claimName: "colaml-state" });
    }
  });

  it("are all part of the base", () => {
    const base = readFileSync(resolve(root, "deploy/kubernetes/base/kustomization.yaml"), "utf8");
    const listed = [...base.matchAll(/^ {2}- (\S+\.yaml)$/gm)].map(([, name]) => name);
    expect([...listed, "kustomization.yaml"].sort()).toEqual(baseFiles.map((path) => basename(path)).sort());
  });

  it("scale a deployment that is there by the chunks and batches that wait or are worked on", () => {
    const prefix = SETTINGS.find(({ env }) => env === "COLAML_REDIS_PREFIX")!.default;
    const [scaled] = named("ScaledObject");
    expect(names("Deployment")).toContain(scaled!.spec.scaleTargetRef!.name);
    const triggers = scaled!.spec.triggers!;
    const queues = QUEUE_NAMES.filter((queue) => queue === "predict-chunk" || queue === "predict");
    expect(triggers.map(({ metadata }) => metadata["listName"]).sort()).toEqual(
      queues.flatMap((queue) => [`${prefix}:${queue}:active`, `${prefix}:${queue}:wait`]).sort(),
    );
    for (const { name, authenticationRef } of triggers) {
      expect(scaled!.spec.advanced!.scalingModifiers.formula).toContain(name);
      expect(names("TriggerAuthentication")).toContain(authenticationRef.name);
    }
  });
});
