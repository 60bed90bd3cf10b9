// A receiver that does as it is told. A line on stdout for each request, before it is answered. Answers with the status
// in the file CONTROL, never with `hang`, and with `503 wait` names a pause of 1 s; `422 SCOPE` refuses that scope only. With CERTIFICATE it takes
// https:// and shows CERTIFICATE.crt.
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { fault, keyOf } from '../../examples/webhook/verify.mjs';

const [port, secretFile, controlFile, certificate] = process.argv.slice(2);
const key = keyOf(fs.readFileSync(secretFile));

function statusFor(event) {
  const control = fs.existsSync(controlFile) ? fs.readFileSync(controlFile, 'utf8') : '204';
  const [status, what] = control.split(' ');
  if (status !== '422') return { status, retryAfter: what === 'wait' ? '1' : undefined };
  return { status: (event.scope ?? event.delta.scope) === what ? '422' : '204' };
}

const create = !certificate ? http.createServer : (serve) => https.createServer(
  { cert: fs.readFileSync(certificate + '.crt'), key: fs.readFileSync(certificate + '.key') }, serve);
create((request, response) => {
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', () => {
    const body = Buffer.concat(parts);
    const event = JSON.parse(body);
    const { status, retryAfter } = statusFor(event);
    console.log(JSON.stringify({
      id: request.headers['webhook-id'], fault: fault(request.headers, body, key) ?? '', status, event,
      type: request.headers['content-type'],
    }));
    if (status === 'hang') return;
    const headers = retryAfter ? { 'retry-after': retryAfter } : {};
    if (status === '302') headers.location = '/elsewhere';
    response.writeHead(Number(status), headers).end('thank you');
  });
}).listen(Number(port), '127.0.0.1');
