import { block } from './block.js';
import { capture } from './capture.js';
import { channel } from './channel.js';
import { cli } from './cli.js';
import { count } from './count.js';
import { doctor } from './doctor.js';
import { echo } from './echo.js';
import { importing } from './import.js';
import { jobs } from './jobs.js';
import { crowd, guard, orphans, steady } from './life.js';
import { batches, lines } from './lines.js';
import { many } from './many.js';
import { peers } from './peers.js';
import { rsync } from './rsync.js';
import { server } from './server.js';
import { slow } from './slow.js';
import { sync } from './sync.js';
import { together } from './together.js';

/** Every figure, in the order in which they run. */
export const figures = [
  block,
  echo,
  sync,
  many,
  together,
  server,
  capture,
  count,
  lines,
  batches,
  slow,
  channel,
  importing,
  cli,
  orphans,
  guard,
  crowd,
  steady,
  doctor,
  ...rsync,
  ...jobs,
  peers,
];
