# A static binary, and git for `--since`. Run it on a folder that is mounted read-only:
#   docker run --rm -v "$PWD:/src:ro" slowpath check
FROM rust:1.95-alpine AS build
RUN apk add --no-cache musl-dev gcc
WORKDIR /build
COPY . .
RUN cargo build --release --locked && strip target/release/slowpath

FROM alpine:3
# The mounted folder belongs to someone else. Only objects are read of it, and nothing of it is run.
RUN apk add --no-cache git && git config --system --add safe.directory '*'
COPY --from=build /build/target/release/slowpath /usr/local/bin/slowpath
USER 65532:65532
WORKDIR /src
ENTRYPOINT ["slowpath"]
CMD ["check"]
