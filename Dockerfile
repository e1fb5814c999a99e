# crcheck in a container: docker build -t crcheck .
#
# Mount the folder with your library at /work, as its owner, so that reports and saved cases stay there
# and are yours:
#
#   docker run --rm --user "$(id -u):$(id -g)" -v "$PWD:/work" crcheck verify --lib ./libmine.so --symbol crc32
#
# A library of an image that is newer than this one may need a newer glibc: build crcheck there.
FROM rust:1.95-slim-bookworm AS build
WORKDIR /src
COPY . .
RUN cargo install --locked --path crates/cli --root /installed

FROM debian:trixie-slim
LABEL org.opencontainers.image.title="crcheck" \
    org.opencontainers.image.description="Tests CRC kernels in any language" \
    org.opencontainers.image.source="https://github.com/crcheck/crcheck" \
    org.opencontainers.image.licenses="MIT OR Apache-2.0"
COPY LICENSE-APACHE LICENSE-MIT /usr/share/doc/crcheck/
COPY --from=build /installed/bin/crcheck /usr/local/bin/crcheck
# It runs, or there is no image.
RUN crcheck identify 0xcbf43926 123456789
WORKDIR /work
ENTRYPOINT ["crcheck"]
CMD ["--help"]
