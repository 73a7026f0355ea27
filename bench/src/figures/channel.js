import { compare } from '../compare.js';
import { c, script } from '../contender.js';
import { atLeast, atMost, describeAll, noLessThan, noMoreThan } from '../targets.js';
import { measureWriters, writersTarget } from './channel-writers.js';

/**
 * @typedef {import('../figure.js').Context} Context
 * @typedef {import('../figure.js').Measurement} Measurement
 * @typedef {import('../targets.js').Target} Target
 * @typedef {'millionsPerSecond' | 'gigabytesPerSecond'} Key
 *
 * @typedef {object} OneWay
 * @property {string} label
 * @property {import('../contenders/channel/messages.js').Kind} kind
 * @property {number} bytes
 * @property {number} count
 * @property {string} peer
 * @property {number} peerCount fewer where `process.send` is slow, or the round would last minutes
 * @property {Key} key
 * @property {string} unit
 * @property {Target[]} targets
 */

/** @type {OneWay[]} */
const oneWays = [
  {
    label: '100 bytes of JSON',
    kind: 'json',
    bytes: 100,
    count: 2_000_000,
    peer: 'process.send json',
    peerCount: 300_000,
    key: 'millionsPerSecond',
    unit: 'million/s',
    targets: [atLeast(5, 'child_process'), noLessThan(1, 'million/s')],
  },
  {
    label: '1 byte, raw (process.send advanced)',
    kind: 'byte',
    bytes: 1,
    count: 4_000_000,
    peer: 'process.send advanced',
    peerCount: 300_000,
    key: 'millionsPerSecond',
    unit: 'million/s',
    targets: [noLessThan(1.5, 'million/s')],
  },
  {
    label: '64,000 bytes, raw (process.send advanced)',
    kind: 'bytes',
    bytes: 64_000,
    count: 80_000,
    peer: 'process.send advanced',
    peerCount: 10_000,
    key: 'gigabytesPerSecond',
    unit: 'GB/s',
    targets: [atLeast(0.8, 'C')],
  },
  {
    label: '1 MB, v8 (process.send advanced)',
    kind: 'v8',
    bytes: 1_000_000,
    count: 1500,
    peer: 'process.send advanced',
    peerCount: 500,
    key: 'gigabytesPerSecond',
    unit: 'GB/s',
    targets: [atLeast(1.3, 'child_process')],
  },
];

const backSoon = [atMost(0.7, 'child_process')];
const flat = [noMoreThan(32, 'MB')];

/** @type {import('../figure.js').Figure} */
export const channel = {
  name: 'channel',
  title: 'messages between two Node processes, beside process.send',
  target: [
    ...oneWays.map(({ label, targets }) => `${label}: ${describeAll(targets)}`),
    `round trip: ${describeAll(backSoon)}`,
    `reader stopped: ${describeAll(flat)}`,
    writersTarget,
  ].join('; '),
  how:
    'A child sends, awaiting each send, and every message is checked by its number, its length and ' +
    'its end. The clock starts when the warm-up messages have come and the child may go on. ' +
    'process.send is awaited every 1,000 messages, or every megabyte. A round trip is a message of ' +
    '100 bytes and its echo, one at a time. The stopped reader gets SIGSTOP; growth is the highest ' +
    'resident memory of the writer, which awaits each send, less that before the stop; then the ' +
    'reader continues, and every message must come. Writers of one pipe send messages of 1 KiB and ' +
    '100 KiB in turn; each is checked all along, and its order within its writer. C is two processes ' +
    'with the same frames and nothing else.',

  async run(context) {
    /** @type {Measurement[]} */
    const rows = [];
    for (const one of oneWays) rows.push(...(await measureOneWay(one, context)));
    rows.push(...(await measureRoundTrip(context)), ...(await measureStopped(context)));
    rows.push(...(await measureWriters(context)));
    return rows;
  },
};

/**
 * @param {OneWay} oneWay
 * @param {Context} context
 * @returns {Promise<Measurement[]>}
 */
async function measureOneWay(oneWay, { quick, programs, progress }) {
  const { label, kind, bytes, peer, key, unit, targets } = oneWay;
  const share = quick ? 0.05 : 1;
  const options = { kind, bytes, count: oneWay.count * share, warmUp: oneWay.count * 0.05 };
  const peerCount = oneWay.peerCount * share;
  const comparison = await compare(
    [
      renamed('spillway batches', script('channel/channel', 'spillway', { ...options, way: 'batches' })),
      renamed('spillway for await', script('channel/channel', 'spillway', { ...options, way: 'for await' })),
      script('channel/channel', peer, { kind, bytes, count: peerCount, warmUp: oneWay.peerCount * 0.05 }),
      // Ten times as many small messages: it sends them in very little time.
      c(programs.channelpair, [bytes, options.count * (bytes > 1000 ? 1 : 10), options.warmUp].map(String)),
    ],
    { rounds: quick ? 1 : 7, progress: (text) => progress(`${label}: ${text}`) },
  );
  /** @param {string} way */
  const row = (way) => comparison.row(key, { spillway: `spillway ${way}`, child_process: peer });
  return [
    { label: `${label}, as batches`, unit, contenders: row('batches'), targets },
    { label: `${label}, by for await`, unit, contenders: row('for await'), targets },
  ];
}

/**
 * @param {Context} context
 * @returns {Promise<Measurement[]>}
 */
async function measureRoundTrip({ quick, programs, progress }) {
  const count = quick ? 2000 : 20_000;
  const names = ['spillway', 'spillway call', 'process.send'];
  const comparison = await compare(
    [
      ...names.map((name) => script('channel/round-trip', name, { count })),
      c(programs.channelpair, ['echo', '100', String(count)]),
    ],
    { rounds: quick ? 1 : 9, progress: (text) => progress(`round trip: ${text}`) },
  );
  /** @param {string} key @param {string} own */
  const row = (key, own) => comparison.row(key, { spillway: own, child_process: 'process.send' });
  return [
    { label: 'round trip, median', unit: 'µs', contenders: row('median', 'spillway'), targets: backSoon },
    { label: 'round trip, mean', unit: 'µs', contenders: row('mean', 'spillway'), targets: [] },
    {
      label: 'round trip by call, median',
      unit: 'µs',
      contenders: row('median', 'spillway call'),
      targets: [],
    },
  ];
}

/**
 * @param {Context} context
 * @returns {Promise<Measurement[]>}
 */
async function measureStopped({ quick, progress }) {
  const seconds = quick ? 2 : 10;
  const comparison = await compare(
    ['spillway', 'child_process'].map((name) => script('channel/stopped', name, { seconds })),
    { rounds: quick ? 1 : 2, progress: (text) => progress(`reader stopped: ${text}`) },
  );
  return [
    {
      label: `reader stopped for ${seconds} s, growth`,
      unit: 'MB',
      contenders: comparison.row('growthMB'),
      targets: flat,
    },
    {
      label: 'and how long its last send has waited',
      unit: 's',
      contenders: comparison.row('waitedS'),
      targets: [noLessThan(seconds / 2, 's')],
    },
  ];
}

/**
 * @param {string} name
 * @param {import('../contender.js').Contender} contender
 * @returns {import('../contender.js').Contender}
 */
const renamed = (name, { measure }) => ({ name, measure });
