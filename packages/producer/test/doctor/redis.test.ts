import { checkRedisServer } from "@colaml/producer/doctor/redis/check-redis";
import { checkRedisVersion } from "@colaml/producer/doctor/redis/version";
import { closeRedis, connectRedis, type RedisConnection } from "@colaml/shared/queue/connection";
import { resolveConfig } from "@colaml/shared/settings/resolve-config";
import { type PrivateRedis, startPrivateRedis } from "../../../../test/private-redis";

const LEAST_RIGHTS =
  "-@all +@read +@write +@connection +@transaction +eval +evalsha +script|load -@dangerous +info +client|list";
const PASSWORD = "a/b#c%d+e:f@g?h &i";

let redis: PrivateRedis;
let admin: RedisConnection;
beforeAll(async () => {
  redis = await startPrivateRedis();
  admin = connectRedis(resolveConfig({ env: { REDIS_URL: redis.url } }).redis);
});
afterAll(async () => {
  closeRedis(admin);
  await redis.stop();
});

/** What the doctor finds, by check; at the url of the private Redis unless told otherwise. */
async function findings(env: Record<string, string> = {}, clock = Date.now) {
  const config = resolveConfig({ env: { REDIS_URL: redis.url, ...env } });
  const found = await checkRedisServer(config, clock);
  return Object.fromEntries(found.map(({ check, ...rest }) => [check, rest]));
}

describe("cola doctor at Redis", () => {
  it("finds nothing wrong with one that is as it should be, and leaves no key behind", async () => {
    const found = await findings();
    expect(Object.values(found).map(({ state }) => state)).toEqual(Object.keys(found).map(() => "ok"));
    expect(Object.keys(found)).toHaveLength(8);
    expect(await admin.keys("*")).toEqual([]);
  });

  it("names a policy that evicts keys, and the command that mends it", async () => {
    await admin.config("SET", "maxmemory-policy", "allkeys-lru");
    expect((await findings())["redis eviction"]).toEqual({
      state: "problem",
      message: expect.stringContaining("allkeys-lru"),
      mend: expect.stringContaining("CONFIG SET maxmemory-policy noeviction"),
    });
    await admin.config("SET", "maxmemory-policy", "noeviction");
  });

  it("warns of one that loses jobs at a restart", async () => {
    await admin.config("SET", "appendonly", "no");
    expect((await findings())["redis persistence"]).toMatchObject({
      state: "warning",
      mend: expect.stringContaining("appendonly yes"),
    });
    await admin.config("SET", "appendonly", "yes");
  });

  it("says how much memory is left: a warning first, a problem when jobs are refused", async () => {
    const used = Number(/used_memory:(\d+)/.exec(await admin.info("memory"))?.[1]);
    await admin.config("SET", "maxmemory", String(Math.round(used / 0.85)));
    expect((await findings())["redis memory"]).toMatchObject({ state: "warning" });
    await admin.config("SET", "maxmemory", String(used));
    expect((await findings())["redis memory"]).toMatchObject({
      state: "problem",
      mend: expect.stringContaining("maxmemory"),
    });
    await admin.config("SET", "maxmemory", "0");
  });

  it("names each call that a user may not make, and the rights that are enough", async () => {
    await admin.call("ACL", "SETUSER", "narrow", "on", ">pw", "~*", ..."+@all -eval -bzpopmin".split(" "));
    const { "redis rights": rights } = await findings({ REDIS_USERNAME: "narrow", REDIS_PASSWORD: "pw" });
    expect(rights).toMatchObject({ state: "problem", mend: expect.stringContaining("+eval") });
    expect(rights!.message).toMatch(/EVAL/);
    expect(rights!.message).toMatch(/BZPOPMIN/);
    expect(rights!.message).not.toMatch(/HSET|LPUSH|XADD/);
  });

  it("is content with the least rights of docs/security.md and a password of any characters", async () => {
    await admin.call(
      "ACL",
      "SETUSER",
      "least",
      "on",
      `>${PASSWORD}`,
      "~{colaml}*",
      ...LEAST_RIGHTS.split(" "),
    );
    const found = await findings({ REDIS_USERNAME: "least", REDIS_PASSWORD: PASSWORD });
    expect(Object.values(found).filter(({ state }) => state !== "ok")).toEqual([]);
    expect(JSON.stringify(found)).not.toContain(PASSWORD);
  });

  it("tells a wrong password from a server that is away, without the password", async () => {
    const { redis: refused } = await findings({ REDIS_USERNAME: "least", REDIS_PASSWORD: "canary-secret" });
    expect(refused).toMatchObject({ state: "problem", message: expect.stringContaining("WRONGPASS") });
    expect(JSON.stringify(refused)).not.toContain("canary");
    const away = await findings({ REDIS_URL: "redis://127.0.0.1:9" });
    expect(Object.keys(away)).toEqual(["redis"]);
    expect(away["redis"]).toMatchObject({
      state: "problem",
      message: expect.stringContaining("127.0.0.1:9"),
    });
  });

  it("warns of a limit on answers, which is a problem if chunks travel through Redis", async () => {
    await admin.config("SET", "client-output-buffer-limit", "normal 1000000 0 0");
    const check = "redis client-output-buffer-limit";
    expect((await findings())[check]).toMatchObject({ state: "warning" });
    expect((await findings({ COLAML_TRANSPORT: "redis" }))[check]).toMatchObject({ state: "problem" });
    await admin.config("SET", "client-output-buffer-limit", "normal 0 0 0");
  });

  it("says how far the clocks are apart", async () => {
    const behind = (seconds: number) => () => Date.now() - seconds * 1_000;
    expect((await findings({}, behind(20)))["redis clock"]).toMatchObject({
      state: "warning",
      message: expect.stringMatching(/20 s ahead/),
    });
    expect((await findings({}, behind(-300)))["redis clock"]).toMatchObject({
      state: "problem",
      message: expect.stringMatching(/300 s behind/),
    });
  });
});

it.each([
  ["6.0.16", "problem"],
  ["6.2.19", "warning"],
  ["6.2.20", "ok"],
  ["7.4.5", "warning"],
  ["8.4.0", "ok"],
] as const)("Redis %s is %s", (version, state) => {
  expect(checkRedisVersion(new Map([["redis_version", version]]), false).state).toBe(state);
});
