import { load } from '../../../peers/load.js';
import { totalOf } from './totals.js';

const { default: spawn } = await load('nano-spawn');

/** @type {import('./index.js').Capture} */
export const capture = (file, args) => spawn(file, args, { stdin: 'ignore' });

/** @type {import('./index.js').Read} */
export const read = (file, args) => totalOf(spawn(file, args, { stdin: 'ignore', stderr: 'inherit' }).stdout);
