# syntax=docker/dockerfile:1
# showrun in an image: pages and program are built in stages of their own, the last one has the program alone.
#
#   docker build -t showrun .
#   docker run -d --name showrun -p 127.0.0.1:8080:8080 -v showrun:/data showrun
#   docker logs showrun        # the password of the user admin, made at the first start

ARG NODE_VERSION=22
ARG RUST_VERSION=1.95

FROM node:${NODE_VERSION}-bookworm-slim AS pages
WORKDIR /src/frontend
COPY frontend/package.json frontend/package-lock.json ./
RUN --mount=type=cache,target=/root/.npm npm ci --no-fund --no-audit
COPY frontend/ ./
RUN npm run build

FROM rust:${RUST_VERSION}-bookworm AS program
RUN apt-get update \
 && apt-get install -y --no-install-recommends cmake python3-pip \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
# The parsing templates are embedded; without them the program would say that it has none.
RUN scripts/fetch-templates && test -s parsers/templates-ntc/index
COPY --from=pages /src/frontend/dist frontend/dist
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --locked --release --bin showrun \
 && cp target/release/showrun /usr/local/bin/showrun

FROM debian:bookworm-slim
# ca-certificates for a PostgreSQL that speaks TLS; curl for the health check; git for SHOWRUN_GIT_MIRROR_DIR.
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates curl git \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --user-group --home-dir /data --shell /usr/sbin/nologin showrun \
 && install -d -o showrun -g showrun -m 0700 /data
COPY --from=program /usr/local/bin/showrun /usr/local/bin/showrun
USER showrun
ENV SHOWRUN_LISTEN=0.0.0.0:8080 \
    SHOWRUN_DATA_DIR=/data
VOLUME /data
EXPOSE 8080
# With a certificate the server speaks TLS, for a name that is not the one of this address.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
  CMD at="127.0.0.1:${SHOWRUN_LISTEN##*:}/healthz"; \
      curl --fail --silent --output /dev/null "http://$at" || curl --fail --silent --insecure --output /dev/null "https://$at"
# It stops in good order on SIGTERM, within its ten seconds for what is being answered and what it writes down after that.
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/showrun"]
CMD ["serve"]
