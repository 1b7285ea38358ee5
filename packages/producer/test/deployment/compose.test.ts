import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { SETTINGS } from "@colaml/shared/settings/resolve-config";

const root = resolve(__dirname, "../../../..");

interface Service {
  image?: string;
  command: string[];
  environment?: Record<string, string>;
  ports?: string[];
  container_name?: string;
}

/** Read by PyYAML, which the environment of MLflow has. */
function compose(): { services: Record<string, Service> } {
  const script = "import json, sys, yaml; print(json.dumps(yaml.safe_load(open(sys.argv[1]))))";
  const python = process.env["COLAML_PYTHON"] ?? "python3";
  return JSON.parse(
    execFileSync(python, ["-c", script, resolve(root, "docker-compose.yml")], { encoding: "utf8" }),
  );
}

describe("docker-compose.yml", () => {
  const { services } = compose();

  it("runs Redis that keeps its data and evicts nothing, of a pinned version", () => {
    const command = services["redis"]!.command.join(" ");
    expect(command).toContain("--appendonly yes");
    expect(command).toContain("--maxmemory-policy noeviction");
    expect(services["redis"]!.image).toMatch(/^redis:\d+\.\d+\.\d+/);
    expect(services["redis"]!.ports).toBeUndefined();
  });

  it("gives MLflow the name it is called by, else its Host check refuses the workers", () => {
    const { command } = services["mlflow"]!;
    expect(command[command.indexOf("--allowed-hosts") + 1]!.split(",")).toContain("mlflow:5000");
    expect(services["producer"]!.environment!["MLFLOW_TRACKING_URI"]).toBe("http://mlflow:5000");
  });

  it.each(["trainer", "predictor", "monitor"])(
    "lets the %s be scaled: no fixed name, no published port",
    (name) => {
      const service = services[name]!;
      expect(service.container_name).toBeUndefined();
      expect(service.ports).toBeUndefined();
      expect(service.command).toEqual(["node", `packages/${name}-worker/dist/main.js`]);
    },
  );

  it("publishes ports only on loopback and serves the API only with a token", () => {
    const ports = Object.values(services).flatMap((service) => service.ports ?? []);
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
    expect(services["producer"]!.environment!["COLAML_API_TOKEN"]).toContain(":?");
  });

  it("names only variables that exist", () => {
    const known = new Set(SETTINGS.map(({ env }) => env));
    const used = ["producer", "trainer", "predictor", "monitor"].flatMap((name) =>
      Object.keys(services[name]!.environment ?? {}),
    );
    expect(used.filter((name) => !known.has(name))).toEqual([]);
  });
});

describe("the Dockerfile", () => {
  const lines = readFileSync(resolve(root, "Dockerfile"), "utf8").split("\n");

  it("runs as a user without rights, in a last stage without the compiler", () => {
    const last = lines.slice(lines.findLastIndex((line) => line.startsWith("FROM ")));
    expect(last.filter((line) => line.startsWith("USER"))).toEqual(["USER node"]);
    expect(last.join("\n")).not.toMatch(/npm|tsc/);
  });
});
