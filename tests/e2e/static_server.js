// A plain static server of one folder, on a free port of this machine.
"use strict";
const http = require("node:http"), fs = require("node:fs"), path = require("node:path");

const TYPES = { ".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css", ".wasm": "application/wasm" };

class StaticServer {
    // isolated: with the headers that browsers want before they allow threads
    constructor(folder, isolated) {
        this.requests = [];
        this.server = http.createServer((request, response) => {
            const name = decodeURIComponent(new URL(request.url, "http://here").pathname);
            this.requests.push(name);
            const file = path.join(folder, path.normalize(name.endsWith("/") ? `${name}index.html` : name));
            if (!file.startsWith(folder) || !fs.existsSync(file)) return response.writeHead(404).end();
            const headers = { "Content-Type": TYPES[path.extname(file)] ?? "application/octet-stream" };
            if (isolated) Object.assign(headers, { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" });
            response.writeHead(200, headers);
            fs.createReadStream(file).pipe(response);
        });
    }

    // Its address, without a slash at the end.
    async begin() {
        await new Promise(resolve => this.server.listen(0, "127.0.0.1", resolve));
        return `http://localhost:${this.server.address().port}`;
    }

    end() {
        this.server.closeAllConnections?.();
        this.server.close();
    }
}

module.exports = { StaticServer };
