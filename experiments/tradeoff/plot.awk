# Lines of "METHOD PSNR-Y ENERGY SMOOTHING HALLUCINATION" to an SVG: smoothing from left to right, hallucination from
# below, the dial's settings joined by one line and the blends', from l1 on, by another. Axes begin at 0.
BEGIN {
    LEFT = 60; TOP = 20; WIDTH = 620; HEIGHT = 400
    COLOUR["dial"] = "#0b66c3"; COLOUR["blend"] = "#c2571a"; COLOUR["other"] = "#555"
}
{ name[NR] = $1; smoothing[NR] = $4; hallucination[NR] = $5; if ($5 > most) most = $5 }
function x(value) { return LEFT + WIDTH * value }
function y(value) { return TOP + HEIGHT * (1 - value / top) }
function kind(i) { return name[i] ~ /^dial/ ? "dial" : name[i] ~ /^blend/ ? "blend" : "other" }
function line(wanted, i, points) {
    for (i = 1; i <= NR; i++)
        if (kind(i) == wanted || (wanted == "blend" && name[i] == "l1"))
            points = points sprintf("%.1f,%.1f ", x(smoothing[i]), y(hallucination[i]))
    printf "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>\n", points, COLOUR[wanted]
}
END {
    top = most * 1.08
    printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" font-family=\"sans-serif\" font-size=\"12\">\n", LEFT + WIDTH + 70, TOP + HEIGHT + 50
    print "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>"
    for (i = 0; i <= 5; i++) {
        printf "<path d=\"M%.1f %d v%d\" stroke=\"#ddd\"/><text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%.1f</text>\n", x(i / 5), TOP, HEIGHT, x(i / 5), TOP + HEIGHT + 16, i / 5
        printf "<path d=\"M%d %.1f h%d\" stroke=\"#ddd\"/><text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%.2f</text>\n", LEFT, y(top * i / 5), WIDTH, LEFT - 6, y(top * i / 5) + 4, top * i / 5
    }
    printf "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">smoothing (share of the true detail that is missing)</text>\n", LEFT + WIDTH / 2, TOP + HEIGHT + 38
    printf "<text transform=\"translate(16 %d) rotate(-90)\" text-anchor=\"middle\">hallucination</text>\n", TOP + HEIGHT / 2
    line("blend"); line("dial")
    for (i = 1; i <= NR; i++)
        printf "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\" fill=\"%s\"/><text x=\"%.1f\" y=\"%.1f\" fill=\"%s\">%s</text>\n", x(smoothing[i]), y(hallucination[i]), COLOUR[kind(i)], x(smoothing[i]) + 7, y(hallucination[i]) - 5, COLOUR[kind(i)], name[i]
    print "</svg>"
}
