# One image for every process of the system: the command says which one (api, worker, migrate …).
ARG NODE_IMAGE=node:24-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# npm 11's `ci` stumbles over optional packages of other platforms; install, then, and insist that the lock held.
RUN cp package-lock.json /tmp/committed.json \
 && npm install --no-audit --no-fund \
 && cmp package-lock.json /tmp/committed.json
COPY . .
RUN npm run build

FROM ${NODE_IMAGE} AS production
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Optional packages are the embedded PostgreSQL: an image always has a database elsewhere.
RUN cp package-lock.json /tmp/committed.json \
 && npm install --omit=dev --omit=optional --no-audit --no-fund \
 && cmp package-lock.json /tmp/committed.json

FROM ${NODE_IMAGE}
ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    PORT=4000 \
    TIERWARDEN_HOME=/var/lib/tierwarden
RUN install -d -o node -g node /var/lib/tierwarden
WORKDIR /app
COPY --from=production /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json ./
COPY bin ./bin
COPY samples ./samples
COPY graphql/schema.graphql ./graphql/
COPY graphql/operations ./graphql/operations
COPY graphql/reference ./graphql/reference
USER node
EXPOSE 4000
# Exec form: the program is process 1, hears SIGTERM itself and ends what it has in hand.
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "bin/tierwarden.js"]
CMD ["api"]
