# An example: the checks of this repository have no container engine and do not build it.
FROM node:24-slim AS build
WORKDIR /app
COPY . .
RUN npm install && npm run build

FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /app
COPY package.json package-lock.json ./
COPY packages packages
# The database is elsewhere: the embedded one stays out with the other optional dependencies.
RUN npm install --omit=dev --omit=optional --ignore-scripts && ln -s /app/packages/cli/src/main.ts /usr/local/bin/countersign
COPY --from=build /app/packages/dashboard/dist packages/dashboard/dist
COPY --from=build /app/packages/docs/dist packages/docs/dist
USER node
EXPOSE 4400
CMD ["countersign", "start"]
