// An HTTP proxy: a line on stdout for each request that it hands on.
import http from 'node:http';

http.createServer((request, response) => {
  console.log(request.method + ' ' + request.url);
  const onward = http.request(request.url, { method: request.method, headers: request.headers }, (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(response);
  });
  onward.on('error', () => response.writeHead(502).end());
  request.pipe(onward);
}).listen(Number(process.argv[2]), '127.0.0.1');
