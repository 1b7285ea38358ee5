// Peak memory of coordinator, two predictors and Redis as the file grows: fresh processes for each size.
import { rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { writeSyntheticTweets } from "@colaml/shared/learning/data/synthetic-tweets";
import { discard } from "./contestants.mjs";
import { measureProcesses } from "./process-usage.mjs";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const { Redis } = createRequire(join(root, "packages/shared/package.json"))("ioredis");

const SAMPLE_MS = 25;

/** Samples Redis's own count of the bytes it uses; the function returned ends that and gives the most, MB. */
function sampleRedis(redis) {
  let most = 0;
  const sample = async () => {
    const used = Number(/used_memory:(\d+)/.exec(await redis.info("memory"))?.[1]) / 1_048_576;
    most = Math.max(most, used);
  };
  const timer = setInterval(() => void sample(), SAMPLE_MS);
  return () => {
    clearInterval(timer);
    return most;
  };
}

async function measureOne({ input, output, transport, redis, open, stops }) {
  const predictors = await open();
  stops.push(() => predictors.stop());
  const redisMost = sampleRedis(redis);
  const stop = measureProcesses(predictors.pids);
  const seconds = await predictors.score(input, output, transport);
  const usage = stop();
  const redisMb = redisMost();
  await predictors.stop();
  discard(output);
  return { seconds, usage, redisMb };
}

export async function measureMemory({ rowsList, folder, redisUrl, open, stops, say }) {
  const redis = new Redis(redisUrl);
  stops.push(() => redis.disconnect());
  console.log("peak MB, fresh processes for each size: resident of processes, used_memory of Redis");
  for (const rows of rowsList) {
    const input = join(folder, `memory-${rows}.csv`);
    say(`writing ${rows} rows`);
    await writeSyntheticTweets(input, rows, 42);
    for (const transport of ["file", "redis"]) {
      const output = join(folder, "memory-output.csv");
      const { seconds, usage, redisMb } = await measureOne({ input, output, transport, redis, open, stops });
      const parts = Object.entries(usage).map(([name, { peakMb }]) =>
        name === "redis" ? `Redis ${redisMb.toFixed(1)}` : `${name} ${peakMb?.toFixed(0) ?? "?"}`,
      );
      const speed = `${Math.round(rows / seconds).toLocaleString("en-US")} rows/s`;
      const name = transport === "file" ? "byte ranges" : "transport redis";
      console.log(
        `${rows.toLocaleString("en-US").padStart(12)} rows  ${name.padEnd(16)} ${parts.join(", ")}  (${speed})`,
      );
    }
    rmSync(input);
  }
}
