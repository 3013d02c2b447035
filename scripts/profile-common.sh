# shellcheck shell=bash
# Sourced by the profiling scripts, after bench-common.sh: fetching profiles from a server that was
# started, giving their addresses names, and the tables made of them.

need_tools() { # $@: commands
  local tool
  for tool in "$@"; do
    command -v "$tool" >/dev/null ||
      fail "$tool is missing: run scripts/install-dependencies.sh profile"
  done
}

# Fetches a page below /debug of the server of start_eventodb; sends $TOKEN if there is one.
fetch() { # $1: page, $2: file, rest: flags for curl
  local page=$1 file=$2 token=()
  shift 2
  if [[ -n $TOKEN ]]; then token=(-H "Authorization: Bearer $TOKEN"); fi
  curl -sS --noproxy '*' --fail-with-body "${token[@]}" "$@" -o "$file" \
    "http://127.0.0.1:$SERVER_PORT/debug/$page" || fail "/debug/$page: $(head -c 300 "$file")"
}

# Every address in a profile, text or binary, one a line. What is in a binary profile but no
# address finds no name.
addresses_in() { # $1: profile
  if [[ $(head -c 4 "$1" | tr -d '\0') == heap ]]; then
    grep -o '0x[0-9a-f]*' "$1"
  else
    od -An -v -tx8 -w8 "$1" | sed -nE 's/^ *0{4}(0*)([1-9a-f][0-9a-f]{6,11})$/0x\2/p'
  fi | LC_ALL=C sort -u
}

# Writes the profile in google-pprof's symbolised form, which is read without the program. The
# running server names the functions: it knows static ones and does not guess in stripped libraries.
symbolize() { # $1: profile, $2: file to write
  local address
  # Addresses in a stack are those of the return; the call is the byte before.
  addresses_in "$1" | while read -r address; do
    printf '0x%x %s\n' $((address - 1)) "$address"
  done >"$WORK/calls"
  awk 'NR > 1 { printf "+" } { printf "%s", $1 }' "$WORK/calls" >"$WORK/question"
  fetch pprof/symbol "$WORK/names" --data-binary "@$WORK/question"
  {
    echo '--- symbol'
    awk 'NR == FNR { tab = index($0, "\t"); name[substr($0, 1, tab - 1)] = substr($0, tab + 1); next }
      $1 in name { print $2 " " name[$1] }' "$WORK/names" "$WORK/calls"
    echo '---'
    if [[ $(head -c 4 "$1" | tr -d '\0') != heap ]]; then echo '--- profile'; fi
    cat "$1"
  } >"$2"
}

# google-pprof on symbolised profiles, without its remarks about files it does not need.
pprof() {
  google-pprof --nodecount=100000 "$@" 2>"$WORK/pprof.log" || {
    cat "$WORK/pprof.log" >&2
    fail "google-pprof failed"
  }
}

# The first lines of a text table of google-pprof as Markdown rows "| 12.3 % | 45.6 % | name |".
hottest() { # $1: table, $2: how many
  awk -v rows="$2" '
    $2 ~ /%$/ && $5 ~ /%$/ && n < rows {
      name = $6
      for (i = 7; i <= NF; ++i) name = name " " $i
      gsub(/\|/, "\\|", name)
      printf "| %s | %s | `%s` |\n", $2, $5, name
      ++n
    }' "$1"
}
