// A client made of MQTT.js alone: writes, gets its ack, reads the log and a pull, prints what it got as JSON.
// usage: node stock_client.mjs BROKER-URL PROTOCOL-VERSION CLIENT-ID TOKEN SCOPE DOCUMENT-ID

import mqtt from 'mqtt';

const [url, version, clientId, token, scope, id] = process.argv.slice(2);
const limit = setTimeout(() => fail(new Error('no answer within 20 s')), 20_000);
const got = {};
let done = false;

function fail(error) {
  if (done) return;
  console.error(error.message, JSON.stringify(got));
  process.exit(1);
}

const client = mqtt.connect(url, {
  protocolVersion: Number(version),
  clientId,
  username: clientId.split(':')[0],
  password: token,
  clean: true,
  reconnectPeriod: 0,
});
client.on('error', fail);

function publish(leaf, message) {
  client.publish(`${scope}/${leaf}`, JSON.stringify(message), { qos: 1 }, (error) => error && fail(error));
}

function on(topic, message) {
  if (topic === 'sync/status' && !got.status) {
    got.status = message;
    const mutation = { op: 'put', id, data: { text: 'from MQTT.js' } };
    publish('in', { epoch: message.epoch, src: `stock-client-js-v${version}`, n: 1, mutations: [mutation] });
  } else if (topic === `sync/${clientId}/ack/${scope}`) {
    got.ack = message;
    publish('pull', { rid: 'js', src: `stock-client-js-v${version}`, since: 0 });
  } else if (topic === `sync/${clientId}/delta/${scope}`) {
    got.page = message;
  } else if (topic === `${scope}/log` && message.changes.some((change) => change.id === id)) {
    got.log = message;
  }
  if (got.ack && got.page && got.log && !done) {
    clearTimeout(limit);
    done = true;
    console.log(JSON.stringify(got));
    setImmediate(() => client.end()); // the last PUBACK first
  }
}

client.on('message', (topic, payload) => on(topic, JSON.parse(payload.toString())));
client.on('connect', () => {
  const filters = [`sync/${clientId}/#`, `${scope}/log`, 'sync/status'];
  client.subscribe(filters, { qos: 1 }, (error, granted) => {
    if (error || granted.some((each) => each.qos > 2)) fail(error ?? new Error(JSON.stringify(granted)));
  });
});
