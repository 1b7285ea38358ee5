import type { PublishResult } from "@colaml/shared/contracts/publish";
import { EXIT } from "@colaml/shared/errors/error-table";
import type { Command } from "commander";
import { addCommonOptions, handler } from "../command-context";
import { runJob } from "../run-job";
import { addSettingFlags } from "../setting-flags";
import { printable } from "../terminal";

const EXAMPLES = `
Examples:
  $ cola publish
  $ cola publish --retry-refused`;

/** `cola publish`: what was left on disk while MLflow was away goes to MLflow now, in order and once. */
export function addPublishCommand(program: Command): void {
  const command = program
    .command("publish")
    .description("publish now what trainings and checks kept while MLflow was away")
    .option("--retry-refused", "try what MLflow refused before once more")
    .addHelpText("after", EXAMPLES);
  command.action(
    handler(addSettingFlags(addCommonOptions(command), []), (context) =>
      runJob(
        context,
        {
          queue: "publish",
          payload: () => ({
            v: 1 as const,
            ...(context.options["retryRefused"] ? { retry_refused: true } : {}),
          }),
          workers: { trainer: 1 },
        },
        async ({ result }) => {
          context.terminal.result(result, describe(result));
          return result.refused.length > 0 ? EXIT.failed : EXIT.ok;
        },
      ),
    ),
  );
}

function describe({ published, checks, refused }: PublishResult): string {
  if (published.length + checks + refused.length === 0) return "nothing waits to be published";
  return [
    ...published.map(({ model, modelVersion, verdict }) =>
      printable(`published ${model} version ${modelVersion ?? "-"}: ${verdict}`),
    ),
    ...(checks > 0 ? [`recorded ${checks} checks`] : []),
    ...refused.map(({ folder, reason }) =>
      printable(`${folder} was not published: ${reason}; --retry-refused tries it again`),
    ),
  ].join("\n");
}
