// An issuer's web server: a file as /jwks.json, and where else it has moved to. A line on stdout for each request.
import fs from 'node:fs';
import http from 'node:http';

const [port, file] = process.argv.slice(2);

http.createServer((request, response) => {
  console.log(request.url);
  if (request.url === '/moved') return response.writeHead(302, { location: '/jwks.json' }).end();
  if (request.url === '/elsewhere') return response.writeHead(302, { location: `file://${file}` }).end();
  fs.readFile(file, (error, bytes) => {
    if (error) response.writeHead(500).end();
    else response.writeHead(200, { 'content-type': 'application/json' }).end(bytes);
  });
}).listen(Number(port), '127.0.0.1');
