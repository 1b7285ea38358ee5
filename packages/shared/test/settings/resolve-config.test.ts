import { ColaError } from "@colaml/shared/errors/cola-error";
import { printableConfig, redactUrl, resolveConfig, SETTINGS } from "@colaml/shared/settings/resolve-config";

function refusal(env: Record<string, string>): ColaError {
  try {
    resolveConfig({ env });
  } catch (error) {
    if (error instanceof ColaError) return error;
    throw error;
  }
  throw new Error(`accepted: ${JSON.stringify(env)}`);
}

describe("resolveConfig", () => {
  it("takes an empty variable as not set, but for the log file, which is then none", () => {
    const env = { COLAML_LOG_FILE: "", COLAML_MODEL: "", COLAML_DEPTH: "" };
    for (const sources of [{ env }, { dotenv: env }]) {
      const { logging, model, boosting } = resolveConfig(sources);
      expect([logging.file, model.name, boosting.depth]).toEqual(["", "modelo_nuevo", 6]);
    }
  });

  it("gives the reference task's settings when nothing is set", () => {
    const config = resolveConfig();
    expect(config.boosting).toEqual({
      booster: "gbtree",
      classWeights: "none",
      earlyStoppingRounds: 0,
      iterations: 50,
      learningRate: 0.05,
      maxBin: 256,
      depth: 6,
      l2LeafReg: 3,
      regLambda: 0.000002,
      regAlpha: 0,
      randomSeed: 42,
    });
    expect(config.split).toEqual({ testSize: 0.3, validationSize: 0.3, randomSeed: 42, stratify: false });
    expect(config.features.maxFeatures).toBe(100);
    expect(config.features.tokenPattern).toBe("\\b\\w+\\b");
    expect(config.champion).toMatchObject({ threshold: 0, rule: "evidence", alpha: 0.05 });
    expect(config.mlflow.experiment).toBe("experimento_nuevo_final");
    expect(config.model).toMatchObject({ name: "modelo_nuevo", alias: "champion", versionTag: "1.0.1" });
  });

  it("lets a flag win over the environment, the environment over .env, and .env over the default", () => {
    const sources = {
      flags: { "boosting.depth": 3 as unknown },
      env: { COLAML_DEPTH: "4", COLAML_ITERATIONS: "60" },
      dotenv: { COLAML_DEPTH: "5", COLAML_ITERATIONS: "70", COLAML_LEARNING_RATE: "0.1" },
    };
    expect(resolveConfig(sources).boosting).toMatchObject({
      depth: 3,
      iterations: 60,
      learningRate: 0.1,
      l2LeafReg: 3,
    });
    expect(resolveConfig({ ...sources, flags: { "boosting.depth": undefined } }).boosting.depth).toBe(4);
  });

  it("takes the linear booster's defaults unless they are given", () => {
    const env = { COLAML_BOOSTER: "gblinear" };
    expect(resolveConfig({ env }).boosting).toMatchObject({
      booster: "gblinear",
      iterations: 20,
      learningRate: 0.5,
      regLambda: 0.000002,
      regAlpha: 0,
    });
    const given = {
      "boosting.booster": "gblinear",
      "boosting.iterations": 50,
      "boosting.regLambda": "0.002",
    };
    expect(resolveConfig({ flags: given, dotenv: { COLAML_LEARNING_RATE: "0.05" } }).boosting).toMatchObject({
      iterations: 50,
      learningRate: 0.05,
      regLambda: 0.002,
    });
  });

  it("refuses a flag that means nothing to the booster, and leaves such a variable unused", () => {
    const linear = { COLAML_BOOSTER: "gblinear", COLAML_DEPTH: "4" };
    expect(resolveConfig({ env: linear }).boosting.iterations).toBe(20);
    expect(() => resolveConfig({ env: linear, flags: { "boosting.depth": 4 } })).toThrow(
      "--depth is 4: it is a setting of booster gbtree, the booster is gblinear",
    );
    expect(() => resolveConfig({ flags: { "boosting.regLambda": 1 } })).toThrow("--booster gblinear");
  });

  it.each([
    ["COLAML_DEPTH", "99", "from 1 to 16"],
    ["COLAML_DEPTH", "2.5", "whole number"],
    ["COLAML_DEPTH", "six", "whole number"],
    ["COLAML_TEST_SIZE", "1", "above 0 and below 1"],
    ["COLAML_TEST_SIZE", "0", "above 0 and below 1"],
    ["COLAML_STOP_WORDS", "spanish", "english, none"],
    ["COLAML_STRATIFY", "maybe", "true or false"],
    ["MLFLOW_TRACKING_URI", "file:///tmp/mlruns", "http://host:port"],
    ["REDIS_URL", "localhost:6379", "redis://"],
  ])("refuses %s=%s and says what is allowed", (variable, value, allowed) => {
    const error = refusal({ [variable]: value });
    expect(error.code).toBe("CONFIG_INVALID");
    expect(error.message).toContain(variable);
    expect(error.message).toContain(allowed);
    if (variable !== "REDIS_URL") expect(error.message).toContain(value);
  });

  it("names the flag a wrong value was given by", () => {
    expect(() => resolveConfig({ flags: { "features.maxFeatures": "many" } })).toThrow(
      /^--max-features is "many"/,
    );
  });

  it("names .env when the wrong value came from there", () => {
    expect(() => resolveConfig({ dotenv: { COLAML_DEPTH: "0" } })).toThrow(/COLAML_DEPTH in \.env is "0"/);
  });

  it("does not show a wrong value that may hold a password", () => {
    expect(refusal({ REDIS_URL: "http://me:hunter2@host:1" }).message).not.toContain("hunter2");
  });
});

describe("printableConfig", () => {
  it("hides every secret and the passwords inside URLs", () => {
    const canary = "c4nary";
    const env: Record<string, string> = {};
    for (const { env: name, sensitive } of SETTINGS) if (sensitive) env[name] = canary;
    env["REDIS_URL"] = `rediss://user:${canary}@host:6380/1`;
    env["MLFLOW_TRACKING_URI"] = `https://user:${canary}@mlflow.example`;
    const printed = JSON.stringify(printableConfig(resolveConfig({ env })));
    expect(printed).not.toContain(canary);
    expect(printed).toContain("host:6380/1");
    expect(printed).toContain("mlflow.example");
  });
});

describe("a URL that is not one", () => {
  it.each([
    ["http://me:pa/ss-word@127.0.0.1:5000", "MLFLOW_TRACKING_URI"],
    ["ftp://me:ss-word@host", "MLFLOW_TRACKING_URI"],
    ["me:ss-word@host:5000", "MLFLOW_TRACKING_URI"],
    ["redis:me:ss-word@host", "REDIS_URL"],
  ])("is refused without the password in it: %s", (url, variable) => {
    const refused = () => resolveConfig({ env: { [variable]: url } });
    expect(refused).toThrow(`${variable} is (hidden): allowed is `);
  });

  it("is shown if it holds no password", () => {
    expect(() => resolveConfig({ env: { MLFLOW_TRACKING_URI: "localhost:5000" } })).toThrow(
      'MLFLOW_TRACKING_URI is "localhost:5000"',
    );
  });
});

describe("redactUrl", () => {
  it.each([
    ["redis://:secret@h:6379/0", "redis://***@h:6379/0"],
    ["https://u:secret@h/path?token=secret#secret", "https://***@h/path"],
    ["http://127.0.0.1:5000", "http://127.0.0.1:5000"],
    ["secret", "(not a URL)"],
  ])("turns %s into %s", (url, shown) => {
    expect(redactUrl(url)).toBe(shown);
  });
});

describe("SETTINGS", () => {
  it("gives each setting its own variable and a meaning", () => {
    const variables = SETTINGS.map((setting) => setting.env);
    expect(new Set(variables).size).toBe(variables.length);
    for (const setting of SETTINGS) expect(setting.doc.length).toBeGreaterThan(3);
  });
});

describe("REDIS_USERNAME and REDIS_PASSWORD", () => {
  const urlOf = (env: Record<string, string>) => resolveConfig({ env }).redis.url;

  it.each(["a/b#c%d+e", "p@ss:w?rd&=", "%41", "ñ 語"])("take %s as it is", (password) => {
    const url = new URL(urlOf({ REDIS_URL: "rediss://old:older@redis:6380/2", REDIS_PASSWORD: password }));
    expect(decodeURIComponent(url.password)).toBe(password);
    expect([url.protocol, url.username, url.host, url.pathname]).toEqual([
      "rediss:",
      "old",
      "redis:6380",
      "/2",
    ]);
  });

  it("belong to the URL, to Sentinel's as well, and are never printed", () => {
    const env = { REDIS_SENTINELS: "s:26379", REDIS_USERNAME: "u/1", REDIS_PASSWORD: "canary#1" };
    expect(urlOf(env)).toBe("redis://u%2F1:canary%231@mymaster");
    expect(JSON.stringify(printableConfig(resolveConfig({ env })))).not.toContain("canary");
    expect(urlOf({ REDIS_PASSWORD: "p" })).toBe("");
  });
});
