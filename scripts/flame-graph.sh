#!/bin/bash
# usage: flame-graph.sh [options] <collapsed-stacks >graph.svg
#
# Draws a flame graph (SVG) from collapsed stacks.
#
# Reads lines "outer;...;inner COUNT" as `google-pprof --collapsed` prints them and writes an SVG:
# each box is a function, as wide as its share of all counts, standing on its caller. Hover a box
# for its full name, count and share. Boxes below 0.05 % are left out.
#
#   --title TEXT  above the graph          [Flame graph]
#   --unit TEXT   what the counts count    [samples]
#   --help
set -euo pipefail

# shellcheck source=scripts/bench-common.sh
source "$(dirname "$0")/bench-common.sh"

TITLE='Flame graph' UNIT=samples
parse_flags "$@"

# Sorted, equal prefixes stand together: a box ends where the prefix changes.
LC_ALL=C sort | LC_ALL=C awk -v title="$TITLE" -v unit="$UNIT" '
  function escaped(text) {
    gsub(/&/, "\\&amp;", text)
    gsub(/</, "\\&lt;", text)
    gsub(/>/, "\\&gt;", text)
    return text
  }
  # Warm colours, the same one for the same name.
  function colour(name, i, h) {
    h = 7
    for (i = 1; i <= length(name); ++i) h = (h * 31 + index(letters, substr(name, i, 1))) % 65521
    return sprintf("rgb(%d,%d,%d)", 205 + h % 50, 80 + int(h / 50) % 130, 30 + int(h / 6500) % 40)
  }
  # Without the namespaces everybody shares and without arguments, for the text in a box.
  function shortened(name) {
    gsub(/\(anonymous namespace\)::/, "", name)
    gsub(/eventodb::|boost::asio::|std::/, "", name)
    sub(/\(.*$/, "", name)
    return name
  }
  function close_down_to(depth) {
    while (open_depth > depth) {
      ++boxes
      box_name[boxes] = open_name[open_depth]
      box_depth[boxes] = open_depth
      box_from[boxes] = open_from[open_depth]
      box_to[boxes] = total
      if (open_depth > deepest) deepest = open_depth
      --open_depth
    }
  }
  BEGIN { letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_:<>,~ " }
  match($0, / [0-9]+$/) {
    count = substr($0, RSTART + 1) + 0
    depth = split(substr($0, 1, RSTART - 1), frames, ";")
    same = 0
    while (same < depth && same < open_depth && frames[same + 1] == open_name[same + 1]) ++same
    close_down_to(same)
    for (i = same + 1; i <= depth; ++i) {
      open_depth = i
      open_name[i] = frames[i]
      open_from[i] = total
    }
    total += count
  }
  END {
    close_down_to(0)
    width = 1400; row = 17; top = 42; bottom = 12
    height = top + (deepest + 1) * row + bottom
    printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" ", width, height
    printf "viewBox=\"0 0 %d %d\" font-family=\"monospace\" font-size=\"11\">\n", width, height
    printf "<rect width=\"100%%\" height=\"100%%\" fill=\"#fdfaf4\"/>\n"
    printf "<text x=\"10\" y=\"20\" font-size=\"15\">%s</text>\n", escaped(title)
    printf "<text x=\"10\" y=\"35\" fill=\"#666\">%d %s in all</text>\n", total, escaped(unit)
    if (total == 0) total = 1
    ++boxes
    box_name[boxes] = "all"; box_depth[boxes] = 0; box_from[boxes] = 0; box_to[boxes] = total
    for (b = 1; b <= boxes; ++b) {
      size = box_to[b] - box_from[b]
      if (size / total < 0.0005) continue
      x = 10 + (width - 20) * box_from[b] / total
      w = (width - 20) * size / total
      y = top + (deepest - box_depth[b]) * row
      printf "<g><title>%s: %d %s, %.2f %%</title>", escaped(box_name[b]), size, escaped(unit),
        100 * size / total
      printf "<rect x=\"%.2f\" y=\"%d\" width=\"%.2f\" height=\"%d\" fill=\"%s\" ", x, y,
        (w > 0.6 ? w - 0.3 : w), row - 1, colour(box_name[b])
      printf "rx=\"1\"/>"
      text = shortened(box_name[b])
      room = int((w - 4) / 6.7)
      if (room >= 3) {
        if (length(text) > room) text = substr(text, 1, room - 2) ".."
        printf "<text x=\"%.2f\" y=\"%d\">%s</text>", x + 2, y + 12, escaped(text)
      }
      print "</g>"
    }
    print "</svg>"
  }'
