import { ColaError } from "@colaml/shared/errors/cola-error";
import { givenValue, resolveConfig, SETTINGS } from "@colaml/shared/settings/resolve-config";
import fc from "fast-check";
import { fuzz } from "./fuzz-run";

/** Settings of which a value stands in another one, or which set others. */
const COMPOSED = /^redis\.(url|username|password|sentinels|sentinelName)$/;

const VALUES = [
  ...[
    "",
    " ",
    "0",
    "-0",
    "1",
    "2",
    "-1",
    "0.5",
    "1.5",
    "1e3",
    "1e999",
    "-1e999",
    "NaN",
    "Infinity",
    "5 ",
    "0x10",
  ],
  ...[
    "1_000",
    "1,000",
    "1e-400",
    "9007199254740993",
    "99999999999999999999",
    "５",
    "true",
    "TRUE",
    "yes",
    "no",
  ],
  ...[
    "auto",
    "none",
    "null",
    "undefined",
    "[]",
    "{}",
    "[1]",
    '["a"]',
    "a,b",
    "a=1",
    "__proto__",
    "constructor",
  ],
  ...["redis://u:p%@h", "redis://:pw@h:1/0", "http://", "https://h/x?y#z", "http://[::1]:5", "file:///etc"],
  ...[
    "../x",
    "/",
    "a\nb",
    "\0",
    "\u001b[31m",
    "x".repeat(5_000),
    "5m",
    "1d",
    "-5m",
    "word",
    "gblinear",
    "seed",
  ],
];

interface Given {
  place: number;
  value: string;
  source: "env" | "dotenv" | "flags";
}

const givenSettings: fc.Arbitrary<Given[]> = fc.array(
  fc.record({
    place: fc.nat(SETTINGS.length - 1),
    value: fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(...VALUES) },
      { weight: 1, arbitrary: fc.double().map(String) },
      { weight: 1, arbitrary: fc.integer({ min: -3, max: 70_000 }).map(String) },
    ),
    source: fc.constantFrom("env", "env", "dotenv", "flags"),
  }),
  { minLength: 1, maxLength: 3 },
);

const SECRET = "hunter2-not-to-be-shown";

describe("settings", () => {
  it("are what was given, or refused with one line that names the setting and shows no secret", async () => {
    await fuzz(
      "settings",
      givenSettings,
      (list) => {
        const sources = { env: {}, dotenv: {}, flags: {} } as Record<Given["source"], Record<string, string>>;
        for (const { place, value, source } of list) {
          const { key, env, sensitive = false } = SETTINGS[place]!;
          sources[source][source === "flags" ? key : env] =
            sensitive && value !== "" ? SECRET + value : value;
        }
        const given = SETTINGS.map((setting) => ({ ...setting, given: givenValue(setting, sources) }));
        try {
          const config = resolveConfig(sources);
          for (const { key, given: found, read, type } of given) {
            const [group, name] = key.split(".") as [keyof typeof config, string];
            const resolved = (config[group] as Record<string, unknown>)[name];
            expect([key, type.safeParse(resolved).success]).toEqual([key, true]);
            if (found && !COMPOSED.test(key)) expect([key, resolved]).toEqual([key, read(found.value)]);
          }
        } catch (error) {
          if (!(error instanceof ColaError)) throw error;
          expect([error.code, error.message.split("\n")]).toEqual(["CONFIG_INVALID", [error.message]]);
          const names = given.filter(({ given: found }) => found).flatMap(({ env, flag }) => [env, flag]);
          expect([error.message, names.some((name) => error.message.includes(name))]).toEqual([
            error.message,
            true,
          ]);
          expect(error.message).not.toContain(SECRET);
        }
      },
      { runs: 400 },
    );
  });
});
