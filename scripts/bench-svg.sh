# shellcheck shell=bash
# Sourced by the benchmarks: plots as SVG, made with awk alone.

# What both plots begin with. $1: title, $2: what the vertical axis counts
svg_head() {
  cat <<EOF
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 360" font-family="sans-serif" font-size="12">
<rect width="720" height="360" fill="white"/>
<text x="60" y="22" font-size="15">$1</text>
<text x="60" y="40" fill="#555">$2</text>
EOF
}

# Grouped bars. $1: title, $2: what a bar counts; standard input: lines "group<TAB>label<TAB>value",
# every group with the same labels in the same order.
svg_bars() {
  svg_head "$1" "$2"
  awk -F '\t' '
    { if (!($1 in groups)) { groups[$1] = ++group_count; name[group_count] = $1 }
      if (!($2 in labels)) { labels[$2] = ++label_count; label[label_count] = $2 }
      value[groups[$1], labels[$2]] = $3; if ($3 > top) top = $3 }
    END {
      split("#1f6f8b #d1495b #edae49 #66a182 #7768ae", colour, " ")
      width = 640 / group_count; bar = width * 0.8 / label_count
      for (g = 1; g <= group_count; ++g) {
        left = 60 + (g - 1) * width + width * 0.1
        for (l = 1; l <= label_count; ++l) {
          height = 230 * value[g, l] / top; x = left + (l - 1) * bar
          printf "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\"/>\n",
            x, 300 - height, bar - 3, height, colour[l]
          printf "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%d</text>\n",
            x + bar / 2, 295 - height, value[g, l]
        }
        printf "<text x=\"%.1f\" y=\"318\" text-anchor=\"middle\">%s</text>\n",
          left + width * 0.4, name[g]
      }
      for (l = 1; l <= label_count; ++l) {
        printf "<rect x=\"%d\" y=\"332\" width=\"12\" height=\"12\" fill=\"%s\"/>", 60 + (l - 1) * 200,
          colour[l]
        printf "<text x=\"%d\" y=\"343\">%s</text>\n", 78 + (l - 1) * 200, label[l]
      }
      print "<path d=\"M60 300H700\" stroke=\"#333\"/>\n</svg>"
    }'
}

# Lines over a horizontal axis. $1: title, $2: what the lines show, $3: what the horizontal axis
# counts, rest: the lines' names; standard input: x and one y for each name, in ascending x.
svg_lines() {
  svg_head "$1" "$2"
  local IFS='	'
  awk -v axis="$3" -v names="${*:4}" '
    { x[NR] = $1; if ($1 > right) right = $1
      for (i = 2; i <= NF; ++i) { y[i - 1, NR] = $i; if ($i > top) top = $i } }
    END {
      split("#1f6f8b #d1495b #edae49 #66a182 #7768ae", colour, " ")
      top *= 1.1
      for (i = 0; i <= 4; ++i) {
        at = 300 - 60 * i
        printf "<path d=\"M60 %dH700\" stroke=\"#ddd\"/>", at
        printf "<text x=\"54\" y=\"%d\" text-anchor=\"end\">%d</text>\n", at + 4, top * i / 4
        printf "<text x=\"%d\" y=\"318\" text-anchor=\"middle\">%.3g</text>\n", 60 + 160 * i,
          right * i / 4
      }
      count = split(names, name, "\t")
      for (l = 1; l <= count; ++l) {
        printf "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"2\" points=\"", colour[l]
        for (i = 1; i <= NR; ++i) {
          printf "%.1f,%.1f ", 60 + 640 * x[i] / right, 300 - 240 * y[l, i] / top
        }
        print "\"/>"
        for (i = 1; i <= NR; ++i) {
          printf "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>\n",
            60 + 640 * x[i] / right, 300 - 240 * y[l, i] / top, colour[l]
        }
        printf "<rect x=\"%d\" y=\"280\" width=\"12\" height=\"12\" fill=\"%s\"/>",
          80 + (l - 1) * 200, colour[l]
        printf "<text x=\"%d\" y=\"291\">%s</text>\n", 98 + (l - 1) * 200, name[l]
      }
      printf "<text x=\"380\" y=\"343\" text-anchor=\"middle\">%s</text>\n", axis
      print "<path d=\"M60 60V300H700\" fill=\"none\" stroke=\"#333\"/>\n</svg>"
    }'
}
