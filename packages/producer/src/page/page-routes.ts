import type { FastifyError, FastifyInstance } from "fastify";
import { addAlertsPage } from "./alerts-page";
import { addAssets } from "./assets";
import { answerPageError } from "./error-page";
import { addForms } from "./forms";
import { addJobPage } from "./job-page";
import { addJobsPage } from "./jobs-page";
import { addLoginPages } from "./login-page";
import { addModelPage } from "./model-page";
import { addModelsPage } from "./models-page";
import { addOverviewPage } from "./overview-page";
import { createPageContext } from "./page-context";
import type { PageService } from "./page-service";
import { addQueuesPage } from "./queues-page";
import { addReportFile } from "./report-file";
import { addTryPage } from "./try-page";

declare module "fastify" {
  interface FastifyContextConfig {
    /** A page for people: whoever is not known is sent to the login, and a refusal is a page, too. */
    page?: boolean;
  }
}

/** The pages for people: `/`, `/login` and what lies under `/ui`. */
export async function addPages(server: FastifyInstance, service: PageService): Promise<void> {
  const context = createPageContext(service);
  await server.register(async (scope) => {
    addForms(scope);
    scope.addHook("onRequest", async (request) => context.access.checkForm(request));
    scope.setErrorHandler((error: FastifyError, request, reply) =>
      answerPageError(context, error, request, reply),
    );
    addAssets(scope);
    addLoginPages(scope, context);
    addOverviewPage(scope, context);
    addJobsPage(scope, context);
    addReportFile(scope, context);
    addJobPage(scope, context);
    addModelsPage(scope, context);
    addModelPage(scope, context);
    addAlertsPage(scope, context);
    addQueuesPage(scope, context);
    addTryPage(scope, context);
  });
}
