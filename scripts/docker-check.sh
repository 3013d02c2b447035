#!/bin/bash
# Builds the Dockerfile without a container daemon and proves that the image works.
set -euo pipefail

usage() {
  cat <<'EOF'
usage: docker-check.sh [--help] [--target test]

As root: makes the image that the Dockerfile builds on with debootstrap, builds the Dockerfile with
buildah (chroot isolation, nothing is pulled), starts the result as its own user, writes an event,
stops it with SIGTERM, and finds the event after a restart on the same volume.

  --target test   also builds the stage that runs the tests (long)

Everything is kept below build/docker; the base is reused by the next call.
EOF
}

cd "$(dirname "$0")/.."
readonly base_image=docker.io/library/debian:12-slim
readonly image=localhost/eventodb:check
readonly place=$PWD/build/docker
readonly data=$place/data
container=
server=

say() { echo "docker-check: $*"; }

die() {
  say "$*" >&2
  exit 1
}

b() { buildah --root "$place/storage" --runroot "$place/run" --storage-driver vfs "$@"; }

cleanup() {
  if [[ -n $server ]]; then kill "$server" 2>/dev/null || true; fi
  if [[ -n $container ]]; then b rm "$container" >/dev/null 2>&1 || true; fi
}

# A Debian of the distribution's packages alone, kept as build/docker/base.
make_base() {
  local mirror container mounted
  if [[ ! -e $place/base/.complete ]]; then
    rm -rf "$place/base"
    mirror=$(awk '/^URIs:/ { print $2; exit }' /etc/apt/sources.list.d/debian.sources 2>/dev/null \
      || true)
    say "debootstrap bookworm"
    debootstrap --variant=minbase --include=ca-certificates bookworm "$place/base" \
      "${mirror:-http://deb.debian.org/debian}" >"$place/debootstrap.log" \
      || die "debootstrap failed: $place/debootstrap.log"
    cp -a /etc/apt/apt.conf.d/. "$place/base/etc/apt/apt.conf.d/"
    touch "$place/base/.complete"
  fi
  if b inspect --type image "$base_image" >/dev/null 2>&1; then return 0; fi
  container=$(b from scratch)
  mounted=$(b mount "$container")
  cp -a "$place/base/." "$mounted/"
  b umount "$container" >/dev/null
  b config --cmd bash "$container"
  b commit -q --rm "$container" "$base_image" >/dev/null
}

build_image() {
  say "building ${1:-the image}; log: $place/build.log"
  b bud --isolation chroot --pull-never --format docker --layers=false ${1:+--target "$1"} \
    -t "$image" -f Dockerfile . >"$place/build.log" 2>&1 \
    || { tail -30 "$place/build.log" >&2; die "the build failed"; }
}

# Fields of the image's configuration, as JSON.
configured() { b inspect --type image "$image" | jq -c ".Docker.config.$1"; }

# The process `eventodb` among the descendants of a process.
eventodb_below() {
  local child
  for child in $(pgrep -P "$1"); do
    if [[ $(cat "/proc/$child/comm" 2>/dev/null) == eventodb ]]; then
      echo "$child"
      return 0
    fi
    eventodb_below "$child" && return 0
  done
  return 1
}

# Starts the image with its own entry point, command, user and volume; sets runner, server, port.
start() {
  local command
  mapfile -t command < <(b inspect --type image "$image" \
    | jq -r '.Docker.config | (.Entrypoint + .Cmd)[]')
  b run --isolation chroot -v "$data:/data" "$container" -- "${command[@]}" -port 0 \
    >"$place/stdout" 2>"$place/stderr" &
  runner=$!
  until grep -q ' listening on ' "$place/stdout"; do
    kill -0 "$runner" 2>/dev/null || { cat "$place/stderr" >&2; die "the server did not start"; }
    sleep 0.1
  done
  server=$(eventodb_below "$runner") || die "no process eventodb"
  port=$(sed -n 's/.* listening on [^ ]*:\([0-9]*\) .*/\1/p' "$place/stdout")
}

stop() {
  kill -TERM "$server"
  server=
  wait "$runner" || die "exit status $? after SIGTERM"
}

rpc() { curl -sS --max-time 10 -H "Authorization: Bearer $token" "http://127.0.0.1:$port/rpc" -d "$1"; }

check_image() {
  local written read owner
  owner=$(stat -c %u "$(b mount "$container")/data")
  b umount "$container" >/dev/null
  [[ $owner != 0 ]] || die "/data belongs to root"
  rm -rf "$data"
  install -d -o "$owner" -g "$owner" -m 0700 "$data"

  start
  [[ $(stat -c %u "/proc/$server") == "$owner" ]] || die "does not run as its own user"
  token=$(sed -n '/^DEFAULT NAMESPACE TOKEN:$/{n;p}' "$place/stdout")
  written=$(rpc '["stream.write","account-1",{"type":"Opened","data":{"by":"docker-check"}}]')
  say "written: $written"
  b run --isolation chroot --env "EVENTODB_PORT=$port" "$container" -- \
    "$(configured Healthcheck.Test[1] | jq -r .)" -c "$(configured Healthcheck.Test[3] | jq -r .)" \
    || die "the health check failed"
  stop
  start
  read=$(rpc '["stream.get","account-1"]')
  say "after a restart: $read"
  [[ $read == *'"by":"docker-check"'* ]] || die "the event is gone"
  stop
}

main() {
  local target=
  case ${1:-} in
    --help | -h)
      usage
      return 0
      ;;
    --target) target=${2:?} ;;
    '') ;;
    *)
      usage >&2
      return 2
      ;;
  esac
  [[ $(id -u) == 0 ]] || die "needs root (debootstrap, chroot)"
  trap cleanup EXIT
  mkdir -p "$place"
  make_base
  if [[ -n $target ]]; then build_image "$target"; fi
  build_image
  say "$(configured User) $(configured StopSignal) $(configured Volumes) $(configured Labels)"
  container=$(b from --pull-never "$image")
  check_image
  say "passed"
}

main "$@"
