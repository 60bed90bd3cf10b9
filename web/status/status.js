// The status page: /status.json once, then what has changed by the stream /status/events. What comes from users (topics,
// ids, names) is only ever set as text.

/* global uPlot */

const series = [
  { chart: 'rates', key: 'mutations_per_s', label: 'mutations', colour: '--series-1' },
  { chart: 'rates', key: 'deltas_per_s', label: 'deltas', colour: '--series-2' },
  { chart: 'rates', key: 'pulls_per_s', label: 'pulls', colour: '--series-3' },
  { chart: 'latency', key: 'ack_p50_ms', label: 'ack, half', colour: '--series-1' },
  { chart: 'latency', key: 'ack_p99_ms', label: 'ack, 99 %', colour: '--series-2' },
  { chart: 'latency', key: 'commit_p50_ms', label: 'commit, half', colour: '--series-3' },
  { chart: 'latency', key: 'commit_p99_ms', label: 'commit, 99 %', colour: '--series-4' },
];
const points_kept = 720;
const retry_min_ms = 1000;
const retry_max_ms = 15000;

const element = (id) => document.getElementById(id);
let state = null;

// ---- asking the bridge

function token() {
  return sessionStorage.getItem('token') ?? '';
}

class Refused extends Error {}

async function ask(path, options = {}) {
  const headers = token() ? { Authorization: `Bearer ${token()}` } : {};
  const answer = await fetch(path, { ...options, headers, cache: 'no-store' });
  if (answer.status === 401 || answer.status === 403) throw new Refused(String(answer.status));
  if (!answer.ok) throw new Error(`the bridge answers ${answer.status}`);
  return answer;
}

/// Server-sent events of a response, as {event, data}. EventSource cannot send a token.
async function* events(answer) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (rest + value.replaceAll('\r', '')).split('\n\n');
    rest = blocks.pop();
    for (const block of blocks) {
      const lines = block.split('\n');
      const field = (name) => lines.filter((line) => line.startsWith(`${name}:`))
        .map((line) => line.slice(name.length + 1).replace(/^ /, '')).join('\n');
      if (field('data')) yield { event: field('event'), data: field('data') };
    }
  }
}

async function follow() {
  state = await (await ask('/status.json')).json();
  show_content(true);
  render(state);
  const stream = await ask('/status/events');
  say_feed('live', false);
  for await (const { event, data } of events(stream)) {
    if (event !== 'status') continue;
    const news = JSON.parse(data);
    if (news.rates.at_ms.length === 1) {
      take(news);
    } else {
      state = news; // the first is all of it
    }
    render(news);
  }
}

/// For ever: a page that was left open shows the truth again once the bridge is back.
async function run() {
  for (let wait_ms = retry_min_ms; ; wait_ms = Math.min(2 * wait_ms, retry_max_ms)) {
    const began = Date.now();
    try {
      await follow(); // until the bridge ends the stream, as it does now and then
      if (Date.now() - began > retry_max_ms) continue;
    } catch (fault) {
      if (fault instanceof Refused) {
        ask_for_token(token() !== '');
        return;
      }
    }
    if (Date.now() - began > retry_max_ms) wait_ms = retry_min_ms;
    say_feed('no connection to the bridge; trying again', true);
    await new Promise((resume) => { setTimeout(resume, wait_ms); });
  }
}

function take(news) {
  const { rates, ...rest } = news;
  for (const [key, values] of Object.entries(rates)) {
    if (!Array.isArray(values)) continue;
    const kept = state.rates[key] ?? [];
    state.rates[key] = [...kept, ...values].slice(-points_kept);
  }
  Object.assign(state, rest);
}

// ---- words

const count = (number) => new Intl.NumberFormat('en').format(number);

function bytes(number) {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const step = number > 0 ? Math.min(Math.floor(Math.log2(number) / 10), units.length - 1) : 0;
  return `${(number / 1024 ** step).toFixed(step > 0 ? 1 : 0)} ${units[step]}`;
}

function ago(at_ms) {
  if (!at_ms) return 'never';
  const s = Math.max(0, Math.round((state.now_ms - at_ms) / 1000));
  if (s < 90) return `${s} s ago`;
  if (s < 5400) return `${Math.round(s / 60)} min ago`;
  if (s < 172800) return `${Math.round(s / 3600)} h ago`;
  return `${Math.round(s / 86400)} days ago`;
}

function time(at_ms) {
  const made = document.createElement('time');
  if (at_ms) made.dateTime = made.title = new Date(at_ms).toISOString();
  made.textContent = ago(at_ms);
  return made;
}

function tag(text, kind) {
  const made = document.createElement('span');
  made.className = `tag ${kind}`;
  made.textContent = text;
  return made;
}

// ---- the page

function say_feed(text, lost) {
  element('feed').textContent = text;
  element('feed').classList.toggle('lost', lost);
}

function show_content(shown) {
  element('content').hidden = !shown;
  element('login').hidden = shown;
}

function ask_for_token(refused) {
  show_content(false);
  say_feed(refused ? 'the token was not accepted' : 'a token is needed', refused);
  element('token').focus();
}

function fill(table, rows, none) {
  const labels = [...table.tHead.rows[0].cells].map((cell) => cell.textContent);
  const body = document.createElement('tbody');
  for (const row of rows) {
    const line = body.insertRow();
    row.forEach(({ value, kind = '' }, i) => {
      const cell = line.insertCell();
      cell.className = kind;
      cell.dataset.label = labels[i];
      cell.append(value); // a node, or a string that becomes text
    });
  }
  if (rows.length === 0) {
    const cell = body.insertRow().insertCell();
    cell.className = 'none';
    cell.colSpan = labels.length;
    cell.textContent = none;
  }
  table.tBodies[0].replaceWith(body);
}

const name = (value) => ({ value: String(value ?? ''), kind: 'name' });
const number = (value) => ({ value: count(value), kind: 'number' });

function render_state() {
  const { broker, store, queues, door } = state;
  const door_heard = state.now_ms - door.heard_ms < 60000;
  const lamps = [
    broker.ready ? ['Broker connected', 'good'] : [broker.connected ? 'Broker: not let in yet' : 'Broker not connected', 'bad'],
    store.readable && store.writable ? ['Store works', 'good'] : [store.readable ? 'Store cannot be written' : 'Store cannot be read', 'bad'],
    door_heard ? ['Plugin heard', 'good'] : ['Plugin silent', 'warn'],
  ].map(([text, kind]) => {
    const lamp = document.createElement('li');
    lamp.className = kind;
    lamp.textContent = text;
    return lamp;
  });
  const said = lamps.map((lamp) => lamp.textContent).join('');
  if (element('lamps').textContent !== said) element('lamps').replaceChildren(...lamps); // a screen reader says it once
  element('about').textContent = `${state.version}, since ${new Date(state.start_ms).toLocaleString()}, epoch ${state.epoch}`;
  const last = (key) => state.rates[key].at(-1) ?? 0;
  const rows = [
    ['Broker', broker.address], ['Connections', count(door.connections)],
    ['Mutations/s', count(last('mutations_per_s'))], ['Deltas/s', count(last('deltas_per_s'))],
    ['Scopes', count(store.scopes)], ['Documents', count(store.documents)], ['Tombstones', count(store.tombstones)],
    ['Store', bytes(store.bytes)], ['Its log', bytes(store.log_bytes)],
    ['Waiting input', count(queues.inbox_messages)], ['Waiting answers', bytes(queues.outbox_bytes)],
    ['Waiting pulls', count(queues.waiting_pulls)], ['Dropped by the broker', count(broker.dropped_messages)],
  ];
  element('numbers').replaceChildren(...rows.map(([term, value]) => {
    const pair = document.createElement('div');
    const dt = document.createElement('dt');
    const dd = document.createElement('dd');
    dt.textContent = term;
    dd.textContent = value;
    pair.append(dt, dd);
    return pair;
  }));
}

function render_replicas(rows, none) {
  fill(element('replicas'), rows.map((row) => [
    name(row.user), name(row.src), name(row.scope),
    { value: row.seen_at_ms === 0 ? tag('never reported', 'warn') : row.behind === 0 ? tag('synced', 'good') : tag(`${count(row.behind)} behind`, 'warn') },
    { value: time(row.seen_at_ms) },
  ]), none);
}

function render_replica_summary() {
  const { synced, behind } = state.replicas;
  const late = Object.values(behind).reduce((sum, one) => sum + one, 0);
  const ages = [['1h', 'within an hour'], ['1d', 'within a day'], ['7d', 'within a week'], ['30d', 'within a month'], ['older', 'longer ago']]
    .filter(([age]) => behind[age] > 0).map(([age, words]) => `${count(behind[age])} heard of ${words}`).join(', ');
  const text = `${count(synced)} synced, ${count(late)} behind${ages ? ` (${ages})` : ''}.`;
  if (element('replicas-summary').textContent !== text) element('replicas-summary').textContent = text;
}

function render_conflicts() {
  const words = { mine: 'won', theirs: 'lost', merged: 'merged' };
  fill(element('conflicts'), state.conflicts.map((row) => [
    { value: time(row.at_ms) }, name(row.scope), name(row.id), name(row.user), name(row.against),
    { value: tag(words[row.winner] ?? String(row.status), row.winner === 'theirs' ? 'warn' : 'good') },
  ]), 'None are kept.');
}

function render_rejections() {
  fill(element('rejections'), state.rejections.map((row) => [
    { value: time(row.at_ms) }, name(row.scope), name(row.id), name(row.user),
    { value: tag(String(row.code), 'bad') }, name(row.path),
  ]), 'None since the bridge started.');
}

function render_scopes(rows, none) {
  fill(element('scopes'), rows.map((row) => [
    name(row.topic), { value: row.collection }, number(row.count), number(row.seq),
    { value: row.readers >= 1000 ? '1,000 or more' : count(row.readers), kind: 'number' },
  ]), none);
}

// ---- searches: while there is something in the field, the server's answer takes the list's place

function search(id, path, list, render_rows, own_rows) {
  const field = element(id);
  let asked = 0;
  let timer = 0;
  const refresh = async () => {
    const text = field.value.trim();
    const mine = ++asked;
    if (text === '') {
      render_rows(own_rows(), 'None yet.');
      return;
    }
    try {
      const found = await (await ask(`${path}?q=${encodeURIComponent(text)}`)).json();
      if (mine === asked) render_rows(found[list], 'Nothing found.');
    } catch { /* the feed says what is wrong */ }
  };
  field.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(refresh, 250);
  });
  return refresh;
}

const refresh_replicas = search('replicas-search', '/status/replicas', 'replicas', render_replicas, () => state.replicas.rows ?? []);
const refresh_scopes = search('scopes-search', '/status/scopes', 'scopes', render_scopes, () => state.scopes);

// ---- charts

const charts = {};

function colour(name_of) {
  return getComputedStyle(document.documentElement).getPropertyValue(name_of).trim();
}

function chart_data(id) {
  return [state.rates.at_ms.map((ms) => ms / 1000),
    ...series.filter(({ chart }) => chart === id).map(({ key }) => state.rates[key])];
}

function make_chart(id) {
  const box = element(`${id}-chart`);
  box.replaceChildren();
  const axis = { stroke: colour('--quiet'), grid: { stroke: colour('--line'), width: 1 }, ticks: { stroke: colour('--line'), width: 1 } };
  charts[id] = new uPlot({
    width: box.clientWidth,
    height: 210,
    cursor: { drag: { x: false, y: false } },
    scales: { y: { range: (_, low, high) => [0, Math.max(high ?? 0, 1) * 1.1] } },
    axes: [{ ...axis, space: 70, values: '{HH}:{mm}' }, { ...axis, size: 52 }],
    series: [{ label: 'time', value: '{HH}:{mm}:{ss}' }, ...series.filter(({ chart }) => chart === id).map(({ label, colour: line }) => ({
      label, stroke: colour(line), width: 2, spanGaps: false, points: { size: 4 },
    }))],
  }, chart_data(id), box);
}

function render_charts() {
  for (const id of ['rates', 'latency']) {
    if (!charts[id]) make_chart(id);
    charts[id].setData(chart_data(id));
    const now = series.filter(({ chart }) => chart === id).map(({ key, label }) => `${label} ${state.rates[key].at(-1) ?? 'none'}`);
    element(`${id}-chart`).setAttribute('aria-label', `${id === 'rates' ? 'Rates a second' : 'Latencies in ms'}, now: ${now.join(', ')}`);
  }
}

/// What `news` has is drawn anew.
function render(news) {
  render_state();
  render_charts();
  if (news.replicas) {
    render_replica_summary();
    refresh_replicas();
  }
  if (news.scopes) refresh_scopes();
  if (news.conflicts) render_conflicts();
  if (news.rejections) render_rejections();
  for (const shown of document.querySelectorAll('time[datetime]')) shown.textContent = ago(Date.parse(shown.dateTime));
}

new ResizeObserver(() => {
  for (const [id, chart] of Object.entries(charts)) chart.setSize({ width: element(`${id}-chart`).clientWidth, height: 210 });
}).observe(element('content'));

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  for (const id of Object.keys(charts)) make_chart(id);
});

element('login').addEventListener('submit', (event) => {
  event.preventDefault();
  sessionStorage.setItem('token', element('token').value.trim());
  element('token').value = '';
  run();
});

run();
