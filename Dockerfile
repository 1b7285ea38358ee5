# One image for the producer and the three workers: docker-compose.yml says which of them a container runs.
FROM node:22-bookworm-slim AS build
WORKDIR /app
COPY . .
# package.json says which pnpm. The build installs what pnpm-lock.yaml says; pnpm-workspace.yaml lets no install script run.
RUN node scripts/build.mjs \
 && CI=true npm exec --yes "$(node -p 'require("./package.json").packageManager')" -- prune --prod --ignore-scripts

FROM node:22-bookworm-slim
ENV NODE_ENV=production COLAML_LOG_FILE="" COLAML_LOG_FORMAT=json COLAML_DATA_DIR=/data COLAML_STATE_DIR=/state
WORKDIR /app
COPY --from=build --chown=root:root /app/package.json ./
COPY --from=build --chown=root:root /app/node_modules ./node_modules
COPY --from=build --chown=root:root /app/packages ./packages
# What `cola schema` prints.
COPY --from=build --chown=root:root /app/docs/contracts ./docs/contracts
RUN mkdir -p /data /state && chown node:node /data /state
USER node
VOLUME ["/data", "/state"]
CMD ["node", "packages/producer/dist/main.js"]
