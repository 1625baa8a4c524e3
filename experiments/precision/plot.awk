# Lines of "NAME STEP LOSS" to an SVG: one line for each name, means of 50 windows of the `steps`, one over the other, the
# first widest so that it can be seen under the others. The axis of losses begins at 0.
BEGIN {
    LEFT = 60; TOP = 20; WIDTH = 620; HEIGHT = 320; WINDOWS = 50
    split("#9ec9f0 #e08a3c #222222", COLOUR, " "); split("7 3.5 1.2", THICK, " ")
}
{
    if (!($1 in place)) { place[$1] = ++count; name[count] = $1 }
    window = int(($2 - 1) * WINDOWS / steps); sum[place[$1], window] += $3; lines[place[$1], window]++
}
function mean(i, w) { return sum[i, w] / lines[i, w] }
END {
    for (i = 1; i <= count; i++) for (w = 0; w < WINDOWS; w++) if ((i, w) in lines && mean(i, w) > top) top = mean(i, w)
    top *= 1.05
    printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" font-family=\"sans-serif\" font-size=\"12\">\n", LEFT + WIDTH + 20, TOP + HEIGHT + 50
    print "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>"
    for (i = 0; i <= 5; i++) {
        printf "<path d=\"M%.1f %d v%d\" stroke=\"#ddd\"/><text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%d</text>\n", LEFT + WIDTH * i / 5, TOP, HEIGHT, LEFT + WIDTH * i / 5, TOP + HEIGHT + 16, steps * i / 5
        printf "<path d=\"M%d %.1f h%d\" stroke=\"#ddd\"/><text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%.3f</text>\n", LEFT, TOP + HEIGHT * (1 - i / 5), WIDTH, LEFT - 6, TOP + HEIGHT * (1 - i / 5) + 4, top * i / 5
    }
    printf "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">step (means of %d windows)</text>\n", LEFT + WIDTH / 2, TOP + HEIGHT + 38, WINDOWS
    printf "<text transform=\"translate(14 %d) rotate(-90)\" text-anchor=\"middle\">L1</text>\n", TOP + HEIGHT / 2
    for (i = 1; i <= count; i++) {
        points = ""
        for (w = 0; w < WINDOWS; w++) if ((i, w) in lines) points = points sprintf("%.1f,%.1f ", LEFT + WIDTH * (w + 0.5) / WINDOWS, TOP + HEIGHT * (1 - mean(i, w) / top))
        printf "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"%s\"/>\n", points, COLOUR[i], THICK[i]
        printf "<path d=\"M%d %d h30\" stroke=\"%s\" stroke-width=\"%s\"/><text x=\"%d\" y=\"%d\">%s</text>\n", LEFT + WIDTH - 190, TOP + 20 * i, COLOUR[i], THICK[i], LEFT + WIDTH - 152, TOP + 20 * i + 4, name[i]
    }
    print "</svg>"
}
