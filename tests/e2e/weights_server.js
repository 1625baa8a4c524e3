// A server of weights files for tests/e2e/weights.sh: node weights_server.js FOLDER LOG
// It prints its port, and writes each request as a line into LOG: method, path, Range. The first
// part of the path says how it behaves: /good/NAME ranges; /whole/NAME the whole, whatever is asked
// for; /slow/NAME 1000 bytes, and 100 more every 50 ms; /stall/NAME 1000 bytes, and then nothing;
// /wrong/NAME other bytes; /away/NAME to /good/NAME; /loop/NAME to itself; anything else: 404.
const fs = require("fs"), http = require("http"), path = require("path");
const [folder, log] = process.argv.slice(2);

function sendSlowly(response, bytes) {
    let at = 1000;
    response.write(bytes.subarray(0, at));
    const timer = setInterval(() => {
        response.write(bytes.subarray(at, (at += 100)));
        if (at >= bytes.length) {
            clearInterval(timer);
            response.end();
        }
    }, 50);
    response.on("close", () => clearInterval(timer));
}

function sendPart(response, bytes, range) {
    const from = Number(/bytes=(\d+)-/.exec(range)[1]);
    if (from >= bytes.length) {
        response.writeHead(416).end();
        return;
    }
    response.writeHead(206, {
        "Content-Length": bytes.length - from,
        "Content-Range": `bytes ${from}-${bytes.length - 1}/${bytes.length}`,
    });
    response.end(bytes.subarray(from));
}

http.createServer((request, response) => {
    const range = request.headers.range;
    fs.appendFileSync(log, `${request.method} ${request.url} ${range || "-"}\n`);
    const parts = request.url.replace(/^http:\/\/[^/]*/, "").split("/"); // a proxy is asked for all of it
    const [behaviour, name] = parts.slice(-2), file = path.join(folder, name);
    if (behaviour === "away" || behaviour === "loop") {
        response.writeHead(302, { Location: `/${behaviour === "away" ? "good" : "loop"}/${name}` }).end();
        return;
    }
    if (!["good", "whole", "slow", "stall", "wrong"].includes(behaviour) || !fs.existsSync(file)) {
        response.writeHead(404).end("not here");
        return;
    }
    const bytes = fs.readFileSync(file);
    if (behaviour === "wrong") bytes.reverse();
    if (range && behaviour !== "whole") {
        sendPart(response, bytes, range);
        return;
    }
    response.writeHead(200, { "Content-Length": bytes.length });
    if (behaviour === "slow") sendSlowly(response, bytes);
    else if (behaviour === "stall") response.write(bytes.subarray(0, 1000));
    else response.end(bytes);
}).listen(0, "127.0.0.1", function () {
    console.log(this.address().port);
});
