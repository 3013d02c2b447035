# docker build -t eventodb .            the server
# docker build --target test .          builds and runs the tests

FROM docker.io/library/debian:12-slim AS build
WORKDIR /src
COPY scripts/install-dependencies.sh scripts/
RUN scripts/install-dependencies.sh build && rm -rf /var/lib/apt/lists/*
COPY . .
# The server compiled for what a training load ran, and the load client of the release build.
RUN scripts/build-optimized.sh \
 && strip --strip-debug build/optimized/eventodb build/release/eventodb-load

FROM build AS test
ENV EVENTODB_SOURCE_DIR=/src
RUN scripts/install-dependencies.sh build test profile && cmake --preset release >/dev/null \
 && cmake --build --preset release \
 && ctest --test-dir build/release -C Optimized --output-on-failure

FROM docker.io/library/debian:12-slim AS runtime
# What `ldd eventodb` names beyond the C and C++ runtime.
RUN apt-get update -qq \
 && apt-get install -y -qq --no-install-recommends \
      libsqlite3-0 libsimdjson14 libspdlog1.10 libssl3 libgoogle-perftools4 libdw1 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin eventodb \
 && install -d -o eventodb -g eventodb -m 0700 /data
COPY --from=build /src/build/optimized/eventodb /src/build/release/eventodb-load /usr/local/bin/
COPY LICENSE /usr/share/doc/eventodb/
LABEL org.opencontainers.image.title="EventoDB" \
      org.opencontainers.image.description="An event store over HTTP" \
      org.opencontainers.image.licenses="MIT"
ENV EVENTODB_DATA_DIR=/data
USER eventodb
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
  CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/${EVENTODB_PORT:-8080} && printf 'GET /health HTTP/1.0\\r\\n\\r\\n' >&3 && grep -q '\"status\":\"ok\"' <&3"]
ENTRYPOINT ["eventodb"]
CMD ["serve"]
