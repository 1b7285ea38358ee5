# One image for the producer and the three workers: docker-compose.yml says which of them a container runs.
# Pin it by digest for a deployment of your own: --build-arg NODE_IMAGE=node:22.20.0-bookworm-slim@sha256:...
ARG NODE_IMAGE=node:22.20.0-bookworm-slim
FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY . .
# package.json says which pnpm. The build installs what pnpm-lock.yaml says; pnpm-workspace.yaml lets no install script run.
RUN node scripts/build.mjs \
 && CI=true npm exec --yes "$(node -p 'require("./package.json").packageManager')" -- prune --prod --ignore-scripts \
 && node deploy/image/slim.mjs /app

FROM ${NODE_IMAGE}
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="colaml" \
      org.opencontainers.image.description="Text classifiers as workers on a queue: train, predict, monitor" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="node:22.20.0-bookworm-slim"
ENV NODE_ENV=production COLAML_LOG_FILE="" COLAML_LOG_FORMAT=json COLAML_DATA_DIR=/data COLAML_STATE_DIR=/state
WORKDIR /app
COPY --from=build --chown=root:root /app/package.json ./
COPY --from=build --chown=root:root /app/node_modules ./node_modules
COPY --from=build --chown=root:root /app/packages ./packages
# What `cola schema` prints.
COPY --from=build --chown=root:root /app/docs/contracts ./docs/contracts
COPY --chown=root:root deploy/image/health-check.mjs ./health-check.mjs
# npm and its like are for building; nothing in the image calls them.
RUN rm -rf /usr/local/lib/node_modules /opt/yarn* /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/yarn* /usr/local/bin/corepack \
 && mkdir -p /data /state && chown node:node /data /state
USER node
VOLUME ["/data", "/state"]
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 CMD ["node", "health-check.mjs"]
CMD ["node", "packages/producer/dist/main.js"]
